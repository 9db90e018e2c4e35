import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Brief } from "../../../src/mandate/terms.ts";
import type { ScenarioStep } from "../../../src/worlds/market.ts";
import { rehearse } from "../../../src/worlds/rehearsal/rehearse.ts";
import type { RehearsalReport } from "../../../src/worlds/rehearsal/report.ts";

interface Market {
  readonly cycles: number;
  readonly scenario: readonly ScenarioStep[];
}

/** Shipped mandates, each with the market that it is decided in: the same for every decider, and until all is done that it asks for. */
const MARKETS: Readonly<Record<string, Market>> = {
  "weth-usdc-code": { cycles: 6, scenario: [{ at: 150_000, asset: "WETH", change: "+0.6" }] },
  "weth-usdc-lp": {
    cycles: 14,
    scenario: [
      { at: 150_000, asset: "WETH", change: "+0.08" },
      { at: 570_000, asset: "WETH", change: "-0.1" },
    ],
  },
  "vault-lp": { cycles: 6, scenario: [{ at: 150_000, asset: "WETH", change: "+0.12" }] },
};
export const MANDATES = Object.keys(MARKETS);
export const DECIDERS: readonly Brief["decider"][] = ["structured", "loop", "code"];

export interface Compared {
  readonly mandate: string;
  readonly decider: Brief["decider"];
  readonly report: RehearsalReport;
}

/** One mandate, decided in one way, in the market that they all are decided in. */
export async function rehearsed(mandate: string, decider: Brief["decider"]): Promise<Compared> {
  const home = mkdtempSync(join(tmpdir(), "mandate-compared-"));
  try {
    const file = join(import.meta.dirname, "..", "..", "..", "mandates", mandate, "MANDATE.md");
    const report = await rehearse({
      file,
      decider,
      home,
      seed: 1,
      ...(MARKETS[mandate] ?? { cycles: 0, scenario: [] }),
      shell: false,
      version: "0.1.0",
    });
    return { mandate, decider, report };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Every mandate with every decider, two at a time. */
export async function compared(): Promise<readonly Compared[]> {
  const waiting = MANDATES.flatMap((mandate) => DECIDERS.map((decider) => ({ mandate, decider })));
  const done: Compared[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) done.push(await rehearsed(next.mandate, next.decider));
  };
  await Promise.all([work(), work()]);
  const place = ({ mandate, decider }: Compared) => MANDATES.indexOf(mandate) * DECIDERS.length + DECIDERS.indexOf(decider);
  return done.toSorted((one, other) => place(one) - place(other));
}

/** The comparison as the table of docs/deciders.md. */
export function comparisonTable(rows: readonly Compared[]): string {
  return [
    "| mandate | decider | value after | trades | refusals | model calls | model cost | gas |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map(({ mandate, decider, report }) => {
      const usd = [report.value_after_usd, report.model_cost_usd, report.gas_usd].map((value) => `$${value.toFixed(2)}`);
      const [value, model, gas] = usd;
      return `| \`${mandate}\` | \`${decider}\` | ${value} | ${report.trades.length} | ${report.refusals.length} | ${report.model_calls} | ${model} | ${gas} |`;
    }),
  ].join("\n");
}
