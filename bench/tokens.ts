// Tokens that a cycle of the liquidity mandate takes, by how its model works: with typed tools, with a shell and skills, in every
// cycle or only when the wake gate opens. The baseline asks for one typed answer a cycle. The same world, jumps of price and
// cycles for all; the models are scripted, over real HTTP, and what they read and say is counted a token for four bytes, tools'
// schemas included and nothing taken as cached. The shell needs bubblewrap.
// Run: node scripts/launch.mjs --tool node bench/tokens.ts [--json] [--cycles N]
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../src/core/clock.ts";
import { InvariantError } from "../src/core/errors.ts";
import { seededRandom } from "../src/core/random.ts";
import { openJournalReader } from "../src/journal/sqlite/open-journal-reader.ts";
import { resolveModels } from "../src/llm/resolve-models.ts";
import { shippedRule } from "../src/llm/scripted/shipped-rule.ts";
import { startScriptedModel } from "../src/llm/scripted/start-scripted-model.ts";
import type { ScriptedRule } from "../src/llm/scripted/turn.ts";
import type { Mandate } from "../src/mandate/terms.ts";
import { REHEARSAL_WALLET } from "../src/worlds/anvil/rehearsal-wallet.ts";
import { rehearse } from "../src/worlds/rehearsal/rehearse.ts";
import { shellRule } from "./tokens/shell-rule.ts";

const CYCLES = Number(process.argv[process.argv.indexOf("--cycles") + 1]) || 20;
const SHIPPED = join(import.meta.dirname, "..", "mandates", "weth-usdc-lp");
const BASELINE = "one typed answer a cycle";
const SCENARIO = [
  { at: 150_000, asset: "WETH", change: "+0.08" },
  { at: 570_000, asset: "WETH", change: "-0.1" },
];
const PAID: readonly [string, string] = ["max_llm_usd_per_day: 1.00", "max_llm_usd_per_day: 100"];
const EVERY_CYCLE: readonly [string, string] = ["at_least_every: 1h", "at_least_every: 1m"];

interface Way {
  readonly name: string;
  readonly decider: "structured" | "loop";
  readonly shell: boolean;
  readonly rule: ScriptedRule;
  /** What is written otherwise than in the shipped mandate. */
  readonly changes: readonly (readonly [from: string, to: string])[];
}

const TOOLS =
  "  allowed_tools: [get_portfolio, list_lp_positions, compute_rebalance_candidate, swap_tokens, open_lp_position, close_lp_position, collect_lp_fees]\n";
const ALL: readonly [string, string] = [TOOLS, ""];
const SHELL: readonly (readonly [string, string])[] = [
  [TOOLS, "  allowed_tools: [bash, read, write]\n"],
  ["shell: off ", "shell: on  "],
];
const typed = { decider: "loop", shell: false, rule: shippedRule() } as const;

const WAYS: readonly Way[] = [
  { ...typed, name: BASELINE, decider: "structured", changes: [PAID, EVERY_CYCLE] },
  { ...typed, name: "typed tools, all of them", changes: [PAID, EVERY_CYCLE, ALL] },
  { ...typed, name: "typed tools, those it needs", changes: [PAID, EVERY_CYCLE] },
  {
    ...{ name: "shell with skills", decider: "loop", shell: true, rule: shellRule() },
    changes: [PAID, EVERY_CYCLE, ...SHELL],
  },
  { ...typed, name: "those it needs, wake-gated", changes: [PAID] },
  { ...typed, name: "one answer, wake-gated", decider: "structured", changes: [PAID] },
];

interface Row {
  readonly name: string;
  readonly calls: number;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly cost_usd: string;
  readonly trades: number;
  readonly value_usd: string;
}

async function run({ name, decider, shell, rule, changes }: Way): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "mandate-tokens-"));
  const server = await startScriptedModel({ rule });
  try {
    cpSync(SHIPPED, folder, { recursive: true });
    const file = join(folder, "MANDATE.md");
    writeFileSync(file, changes.reduce(replaced, readFileSync(file, "utf8")));
    const model = (clock: Clock, { brief, terms }: Mandate) =>
      resolveModels({
        plan: brief.model,
        limit: terms.limits.max_llm_usd_per_day,
        ...{ at: server.url, env: {}, clock, random: seededRandom("tokens"), version: "0.1.0" },
      });
    const home = join(folder, "home");
    const parameters = { file, decider, shell, home, seed: 1, cycles: CYCLES, scenario: SCENARIO, version: "0.1.0", model };
    const report = await rehearse(parameters);
    const used = await tokensIn(home);
    return {
      name,
      calls: report.model_calls / CYCLES,
      tokens_in: Math.round(used.input / CYCLES),
      tokens_out: Math.round(used.output / CYCLES),
      cost_usd: report.model_cost_usd.div(CYCLES).toFixed(4),
      trades: report.trades.length,
      value_usd: report.value_after_usd.toFixed(2),
    };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function replaced(text: string, [from, to]: readonly [string, string]): string {
  if (!text.includes(from)) throw new InvariantError(`the mandate has no ${JSON.stringify(from)}`);
  return text.replace(from, to);
}

/** What all model calls of a journal read and said. */
async function tokensIn(home: string): Promise<{ readonly input: number; readonly output: number }> {
  const reader = await openJournalReader(join(home, "journal.sqlite"));
  let [input, output] = [0, 0];
  try {
    for await (const { kind, body } of reader.read(`wallet:${REHEARSAL_WALLET}`)) {
      const { note } = body as unknown as { readonly note?: { readonly kind: string; readonly usage?: unknown } };
      if (kind !== "noted" || note?.kind !== "model-call") continue;
      const usage = note.usage as { readonly input: number; readonly output: number };
      input += usage.input;
      output += usage.output;
    }
  } finally {
    await reader.close();
  }
  return { input, output };
}

const rows: Row[] = [];
for (const way of WAYS) rows.push(await run(way));
const base = rows.find(({ name }) => name === BASELINE)?.tokens_in ?? Number.NaN;
const told = rows.map((row) => ({ ...row, ratio: Number((row.tokens_in / base).toFixed(2)) }));
if (process.argv.includes("--json")) {
  process.stdout.write(
    `${JSON.stringify({ schema_version: 1, bench: "tokens", cycles: CYCLES, baseline: BASELINE, rows: told })}\n`,
  );
} else {
  const columns = ["calls", "in", "out", "$", "ratio", "trades"];
  process.stdout.write(`${"a cycle".padEnd(28)}${columns.map((column) => column.padStart(9)).join("")}\n`);
  for (const { name, calls, tokens_in, tokens_out, cost_usd, ratio, trades } of told) {
    const cells = [calls.toFixed(2), tokens_in, tokens_out, cost_usd, ratio.toFixed(2), trades];
    process.stdout.write(`${name.padEnd(28)}${cells.map((cell) => String(cell).padStart(9)).join("")}\n`);
  }
}
