// What one cycle costs besides the model and the chain. A whole cycle of the agent (observe, wake gate, decide, plan,
// request, look again, plan) runs against a gateway, a venue and a decider that answer at once from memory: no model, no
// chain, no journal, no process in between. The baseline is the same calls of the same three without the agent, so the
// ratio is what the agent's own bookkeeping adds. Run: node scripts/launch.mjs --tool node bench/cycle.ts [--json]
import { runCycle } from "../src/agent/cycle.ts";
import { PriceHistory } from "../src/agent/price-history.ts";
import { noSpans } from "../src/agent/spans.ts";
import { Book, Double, half, START, type Wish } from "../src/agent/testing/in-memory-agent.ts";
import { ManualClock, MINUTE } from "../src/core/clock.ts";
import { decimal, ZERO } from "../src/core/decimal.ts";
import { InvariantError } from "../src/core/errors.ts";
import type { Decider } from "../src/deciders/decider.ts";
import { parseSample } from "../src/mandate/testing/sample-mandate.ts";
import { planRules } from "../src/planning/plan-rules.ts";
import type { Observation } from "../src/venues/venue.ts";
import { type Measurement, measure, medians, ratios, report } from "./measure.ts";

const COUNT = 1_000;
const ROUNDS = 5;
const BASELINE = "the same calls, no agent";
const WALLET = "wallet:0x00000000000000000000000000000000000aaaaa";
const mandate = parseSample();
const decider: Decider<Wish, Observation> = { decide: async () => half };

/** A book that stands at 80/20 again, and everything that a cycle talks to. */
function stage() {
  const clock = new ManualClock(START);
  const book = new Book();
  return { clock, book, venue: book.venue(clock), gateway: new Double(book, clock) };
}

/** A cycle that trades, and one at which the wake gate holds because nothing has moved. */
async function agentCycle(kind: "trades" | "holds"): Promise<Measurement> {
  const { clock, book, venue, gateway } = stage();
  const history = new PriceHistory();
  const on = () => undefined;
  const parameters = {
    mandate,
    wallet: WALLET,
    gateway,
    venue,
    decider,
    clock,
    spans: noSpans,
    history,
    on,
    dryRun: false,
    patience: MINUTE,
  };
  const { memory } = await runCycle({ ...parameters, memory: null });
  return measure(`a cycle that ${kind}`, { count: COUNT }, async (n) => {
    clock.set(START + n * MINUTE);
    if (kind === "trades") {
      book.weth = decimal("0.4");
      book.usdc = decimal("300");
    }
    const done = await runCycle({ ...parameters, memory: kind === "trades" ? null : memory });
    const traded = done.outcomes.length > 0;
    if (traded !== (kind === "trades")) throw new InvariantError(`the cycle did not do what is measured: ${kind}`);
    gateway.calls.length = 0;
    gateway.notes.length = 0;
    gateway.requests.length = 0;
  });
}

/** What the trading cycle asks of the other three, in its order, with nothing recorded in between. */
function bareCycle(): Promise<Measurement> {
  const { clock, book, venue, gateway } = stage();
  const rules = async () => planRules(mandate, await gateway.state(WALLET), { buys_usd: ZERO, sells_usd: ZERO });
  return measure(BASELINE, { count: COUNT }, async (n) => {
    clock.set(START + n * MINUTE);
    book.weth = decimal("0.4");
    book.usdc = decimal("300");
    await gateway.settle(WALLET);
    const { lease, cycle } = await gateway.open();
    const seen = await venue.observe();
    if (half.kind !== "targets") throw new InvariantError("the bench decides targets");
    const [step] = venue.plan(half, seen, await rules()).steps;
    if (!step) throw new InvariantError("the plan has no step");
    await gateway.request({ wallet: WALLET, lease, cycle, step: 1, actions: venue.compile(step.intent, seen) });
    venue.plan(half, await venue.observe(), await rules());
    gateway.calls.length = 0;
    gateway.requests.length = 0;
  });
}

const rounds: Measurement[][] = [];
for (let round = 0; round < ROUNDS; round++)
  rounds.push([await bareCycle(), await agentCycle("trades"), await agentCycle("holds")]);
report("cycle", ratios(medians(rounds), BASELINE));
