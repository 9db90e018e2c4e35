// What 1,000 tool agents cost that wait in one process: real agents (runAgent, the loop decider, all typed tools, a session that
// is kept) with full contexts, each with a venue of its own; the gateway keeps nothing, as it is another process. Each fills
// its context in its first cycle; after that its wake gate holds, but for once in six hours of the agent's time. The baseline is
// the text of those contexts alone, in memory, copied in the same run. Targets: less than 300 KB an agent beyond that text, and
// less than 5 % growth between cycle 100 and cycle 1,000.
// Run: node scripts/launch.mjs --tool node bench/agents.ts [--json] [--agents N] [--cycles N]
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { runAgent } from "../src/agent/agent.ts";
import type { AgentEvent } from "../src/agent/events.ts";
import { InvariantError } from "../src/core/errors.ts";
import type { Json } from "../src/core/json.ts";
import { loopDecider } from "../src/deciders/loop/loop-decider.ts";
import type { ToolModel } from "../src/llm/model-turn.ts";
import { parseSample } from "../src/mandate/testing/sample-mandate.ts";
import { EVM_TOOLS } from "../src/tools/evm/evm-tools.ts";
import type { EvmIntent } from "../src/venues/evm/intents.ts";
import { ForgetfulGateway, SharedClock, START, stillVenue } from "./agents/idle-world.ts";
import { talkativeModel, wordsOf } from "./agents/talkative-model.ts";

const AGENTS = option("--agents", 1_000);
const CYCLES = option("--cycles", 1_000);
/** When the first measurement of the growth is made. */
const SETTLED = Math.ceil(CYCLES / 10);
/** Cycles over which the agents begin. */
const STAGGER = 20;
const MESSAGES = 40;

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as (how?: object) => void;
const mandate = parseSample(
  ["decider: structured", `decider: loop\nloop: { session: kept, keep: ${MESSAGES} }`],
  ["every: 60s", "every: 60s\nwake: { at_least_every: 6h }"],
);

/** Bytes of the heap and of the process, after everything that can go has gone and was given back. */
async function used(): Promise<{ readonly heap: number; readonly process: number }> {
  for (let i = 0; i < 3; i++) {
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, process: rss };
}

/** The newest words that a model was told, until somebody takes them. */
class Overheard implements Pick<ToolModel, "turn"> {
  readonly #model: ToolModel;
  words: readonly string[] = [];

  constructor(model: ToolModel) {
    this.#model = model;
  }

  get model() {
    return this.#model.model;
  }

  ask: ToolModel["ask"] = (question) => this.#model.ask(question);

  async turn(request: Parameters<ToolModel["turn"]>[0]) {
    this.words = request.messages.slice(1 - MESSAGES).flatMap(wordsOf);
    return this.#model.turn(request);
  }
}

interface Fleet {
  readonly clock: SharedClock;
  readonly models: readonly Overheard[];
  /** Cycles that asked the model, over all agents. */
  asked(): number;
  stop(): Promise<void>;
}

function launch(count: number): Fleet {
  const clock = new SharedClock();
  const stop = new AbortController();
  const models: Overheard[] = [];
  let asked = 0;
  const lives = Array.from({ length: count }, (_, agent) => {
    const model = new Overheard(talkativeModel(agent));
    models.push(model);
    const wallet = `wallet:0x${agent.toString(16).padStart(40, "0")}`;
    const gateway = new ForgetfulGateway(clock);
    const venue = stillVenue(clock);
    let saved: Json = null;
    const store = {
      load: async () => saved,
      save: async (state: Json) => {
        saved = state;
      },
    };
    const toolset = { tools: EVM_TOOLS, history: { series: async () => null } };
    const decider = loopDecider({ ...{ mandate, model, venue, toolset, gateway, wallet, clock, store } });
    const on = (event: AgentEvent<EvmIntent>) => {
      if (event.kind === "hold" && event.called) asked += 1;
    };
    const life = { ...{ mandate, wallet, gateway, venue, decider, clock, on }, signal: stop.signal };
    // Agents that begin at different times ask at different times, as those of different people do.
    return clock.sleep(START + (agent % STAGGER) * mandate.brief.every).then(() => runAgent(life));
  });
  return {
    clock,
    models,
    asked: () => asked,
    async stop() {
      stop.abort();
      clock.advance();
      await Promise.all(lives);
    },
  };
}

// Whatever is loaded once and shared is paid for before anything is measured.
const first = launch(3);
for (let cycle = 0; cycle < 5; cycle++) {
  await first.clock.asleep(3);
  first.clock.advance();
}
await first.clock.asleep(3);
await first.stop();

const empty = await used();
const fleet = launch(AGENTS);
await fleet.clock.asleep(AGENTS);
for (let cycle = 1; cycle <= SETTLED; cycle++) await next();
const text = await textEach();
const settled = await used();
const each = (settled.heap - empty.heap) / AGENTS;
for (let cycle = SETTLED + 1; cycle <= CYCLES; cycle++) await next();
// What was overheard was for the baseline alone.
forget();
const last = await used();
await fleet.stop();
report();

/** One cycle of everybody. */
async function next(): Promise<void> {
  fleet.clock.advance();
  await fleet.clock.asleep(AGENTS);
}

/** Bytes that the words of one agent's context take by themselves. */
async function textEach(): Promise<number> {
  const words = fleet.models.map((model) => model.words);
  if (words.some((texts) => texts.join("").length < 20_000)) throw new InvariantError("a context is not full");
  const before = await used();
  const copies = words.map((texts) => texts.map(copied));
  const after = await used();
  forget();
  return (after.heap - before.heap) / copies.length;
}

function forget(): void {
  for (const model of fleet.models) model.words = [];
}

/** The same text in memory of its own. */
function copied(words: string): string {
  const bytes = Buffer.from(words, "latin1");
  return bytes.toString("latin1") === words ? bytes.toString("latin1") : Buffer.from(words, "utf16le").toString("utf16le");
}

function report(): void {
  const kb = (bytes: number) => Number((bytes / 1_000).toFixed(1));
  const percent = (from: number, to: number) => Number((((to - from) / from) * 100).toFixed(2));
  const figures = {
    agents: AGENTS,
    cycles: CYCLES,
    cycles_with_model: fleet.asked(),
    baseline: "the text of the contexts alone",
    baseline_kb_each: kb(text),
    kb_each: kb(each),
    beyond_kb_each: kb(each - text),
    growth_pct: percent(settled.heap, last.heap),
    growth_of_process_pct: percent(settled.process, last.process),
    process_mb: Math.round(last.process / 1_000_000),
  };
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ schema_version: 1, bench: "agents", ...figures })}\n`);
    return;
  }
  const line = (name: string, value: string) => process.stdout.write(`${name.padEnd(46)}${value.padStart(12)}\n`);
  line(`${AGENTS} agents, ${CYCLES} cycles each`, `${figures.cycles_with_model} with the model`);
  line("the text of the contexts alone (baseline)", `${figures.baseline_kb_each} KB each`);
  line("an agent with its context", `${figures.kb_each} KB each`);
  line("beyond its text (target: below 300 KB)", `${figures.beyond_kb_each} KB each`);
  line(`growth, cycle ${SETTLED} to ${CYCLES} (target: below 5 %)`, `${figures.growth_pct} %`);
  line("growth of the process in the same time", `${figures.growth_of_process_pct} %`);
  line("the process at the end", `${figures.process_mb} MB`);
}

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(name);
  const given = at === -1 ? Number.NaN : Number(process.argv[at + 1]);
  return Number.isSafeInteger(given) && given > 0 ? given : otherwise;
}
