import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import type { Decider } from "../deciders/decider.ts";
import type { GatewayErrorCode } from "../gateway/gateway-error.ts";
import type { Observation } from "../venues/venue.ts";
import { telemetrySpans } from "./spans.ts";
import { denied, half, hold, START, setUp, type Wish, want } from "./testing/in-memory-agent.ts";

const kinds = (events: readonly { readonly kind: string }[]) => events.map(({ kind }) => kind);

test("a cycle settles first, and each stage is on the record before it is acted on", async () => {
  const { gateway, run } = setUp(half);
  await run();
  expect(gateway.calls).toEqual([
    "settle",
    "open",
    "observed",
    "model-call",
    "decided",
    "planned",
    "request 1",
    "observed",
    "planned",
  ]);
});

test("a plan is made anew after its first step, until nothing is left of it", async () => {
  const { book, events, run, gateway } = setUp(half);
  await run();
  expect(book.weth.times(book.price).toFixed()).toBe("750");
  expect(kinds(events)).toEqual(["cycle", "decide", "plan", "allowed", "done", "plan"]);
  expect(gateway.requests.map(({ lease, cycle, step }) => [lease, cycle, step])).toEqual([[1, 1, 1]]);
});

test("what a direction may trade in one cycle is not exceeded by planning anew", async () => {
  const { book, gateway, run } = setUp(half);
  book.weth = decimal(4);
  await run();
  expect(gateway.requests).toHaveLength(1);
  expect(book.usdc.toFixed(6)).toBe("800.000000");
});

test("a quiet cycle makes no call and says how far it is from one", async () => {
  const { events, run, asked, book, clock } = setUp(hold);
  expect(await run({ cycles: 3 })).toMatchObject({ cycles: 3, model_calls: 1, model_calls_saved: 2 });
  expect(events.filter(({ kind }) => kind === "hold")).toMatchObject([
    { called: true },
    { called: false, why: "drift 0 of 5 points" },
    { called: false },
  ]);
  expect(asked()).toBe(1);
  expect(await clock.now()).toBe(START + 2 * MINUTE);
  book.price = decimal(2900);
  expect(await run({ cycles: 1 })).toMatchObject({ model_calls: 1 });
});

test("a refusal ends the plan; the decider hears of it once, and again when a limit has room", async () => {
  const { gateway, run, asked, events } = setUp(half);
  gateway.answer = () => (asked() < 3 ? denied("TRADES_PER_HOUR", START + 5 * MINUTE) : "confirmed");
  await run({ cycles: 7 });
  expect(kinds(events.slice(0, 4))).toEqual(["cycle", "decide", "plan", "refused"]);
  expect(gateway.requests.map(({ cycle }) => cycle)).toEqual([1, 2, 6]);
  expect(asked()).toBe(4);
});

test("every intent of an answer is asked for, also after one is refused", async () => {
  const { gateway, run, events } = setUp(want({ kind: "send" }, { kind: "nonsense" }, { kind: "send" }));
  gateway.answer = () => denied("RECIPIENT_NOT_ALLOWED");
  await run();
  expect(gateway.requests.map(({ step }) => step)).toEqual([1, 2]);
  expect(kinds(events)).toEqual(["cycle", "decide", "plan", "refused", "unsayable", "refused"]);
  expect(gateway.notes).toContainEqual(
    expect.objectContaining({ kind: "unsayable", error: expect.objectContaining({ code: "INTENT_NOT_VALID" }) }),
  );
});

test("a request that somebody else has settled meanwhile tells its recorded outcome", async () => {
  const { gateway, run, events } = setUp(half);
  let asked = 0;
  gateway.answer = () => (asked++ === 0 ? "open" : "confirmed");
  gateway.settle = async () => {
    gateway.open_.length = 0;
    return [];
  };
  await run();
  expect(events.find(({ kind }) => kind === "done")).toMatchObject({ outcome: { kind: "confirmed" } });
});

test("an open request is looked up, by the injected clock, until it is settled", async () => {
  const { gateway, run, events, clock } = setUp(half);
  gateway.answer = () => "open";
  gateway.looks = 4;
  await run();
  expect(events.find(({ kind }) => kind === "done")).toMatchObject({ outcome: { kind: "confirmed" } });
  expect(await clock.now()).toBe(START + 3 * SECOND);
});

test("while something stays open nothing more is requested, and no call is made for it", async () => {
  const { gateway, run, asked, events } = setUp(half);
  gateway.answer = () => "open";
  gateway.looks = 1000;
  await run({ cycles: 3 });
  expect(gateway.requests).toHaveLength(1);
  expect(asked()).toBe(1);
  expect(events.at(-1)).toMatchObject({ kind: "hold", why: "waiting for a request to settle" });
});

test("what an earlier life left open is settled before anything else, and wakes the decider", async () => {
  const { gateway, run, events } = setUp(hold);
  gateway.open_.push({ kind: "open", key: "k", done: [], awaits: [], transactions: [], reason: null });
  gateway.looks = 1;
  await run();
  expect(gateway.calls.slice(0, 2)).toEqual(["settle", "open"]);
  expect(kinds(events).slice(0, 2)).toEqual(["settled", "cycle"]);
});

test("an allowance that outlasts its swap is revoked at the end of the cycle, also of a quiet one", async () => {
  const { gateway, run, book } = setUp(hold);
  book.allowances = [
    { account: "wallet", asset: "base/USDC", spender: "0x0000000000000000000000000000000000000009", amount: decimal(5) },
  ];
  await run();
  expect(gateway.requests).toHaveLength(1);
  expect(book.allowances).toEqual([]);
});

test("a dry run asks for verdicts and for nothing else", async () => {
  const { gateway, run, events, book } = setUp(half);
  book.allowances = [
    { account: "wallet", asset: "base/USDC", spender: "0x0000000000000000000000000000000000000009", amount: decimal(5) },
  ];
  await run({ dryRun: true });
  expect(gateway.calls.filter((call) => call.startsWith("preview"))).toEqual(["preview 1"]);
  expect(gateway.requests).toEqual([]);
  expect(events.at(-1)).toMatchObject({ kind: "refused", dryRun: true });
});

test("a decider that failed is asked again in the next cycle", async () => {
  const { run, asked, events } = setUp({ kind: "hold", why: "silence", code: "MODEL_STALLED" }, hold);
  await run({ cycles: 3 });
  expect(asked()).toBe(2);
  expect(events.find(({ kind }) => kind === "hold")).toMatchObject({ called: true, code: "MODEL_STALLED" });
});

test("what a decider did with its hands is no hold; cut short it is asked again, ended by itself it is not", async () => {
  const cut = setUp({ kind: "acted", why: "half of it", code: "LOOP_USD" }, { kind: "acted", why: "the rest", code: null });
  await cut.run({ cycles: 4 });
  expect(cut.asked()).toBe(2);
  expect(cut.events.flatMap((event) => (event.kind === "decide" ? [event.decision.kind] : []))).toEqual(["acted", "acted"]);
  expect(cut.events.some(({ kind }) => kind === "plan")).toBe(false);
});

test("targets that do not hold together are a hold with their reason", async () => {
  const { gateway, run, events } = setUp({
    kind: "targets",
    why: "",
    targets: [{ account: "wallet", asset: "base/WETH", weight: decimal(50) }],
  });
  await run();
  expect(gateway.requests).toEqual([]);
  expect(events.at(-1)).toMatchObject({ kind: "hold", code: "TARGETS_NOT_VALID" });
});

test.each<readonly [GatewayErrorCode, number, number]>([
  ["GATEWAY_UNREACHABLE", 0, 7],
  ["CHAIN_UNREACHABLE", 0, 7],
  ["RATE_LIMITED", 0, 7],
  ["RATE_LIMITED", 0.999, 14],
])(
  "after %s the agent waits longer each time, at most twice as long by chance, then begins with settling",
  async (code, chance, seconds) => {
    const { gateway, run, clock, events } = setUp(half);
    let failures = 3;
    gateway.answer = () => (failures-- > 0 ? code : "confirmed");
    expect(await run({ random: { next: () => chance } })).toMatchObject({ cycles: 1 });
    expect(await clock.now()).toBe(START + seconds * SECOND);
    expect(events.filter(({ kind }) => kind === "error")).toHaveLength(3);
    expect(gateway.calls.filter((call) => call === "settle")).toHaveLength(4);
  },
);

test.each<GatewayErrorCode>(["LEASE_LOST", "STOPPED", "KEY_REUSED"])("%s ends the agent with that error", async (code) => {
  const { gateway, run } = setUp(half);
  gateway.answer = () => code;
  await expect(run({ cycles: 5 })).rejects.toMatchObject({ code });
  expect(gateway.requests).toHaveLength(1);
});

test("an agent that is told to stop ends after the cycle it is in", async () => {
  const stop = new AbortController();
  const { gateway, run } = setUp(half);
  gateway.answer = () => {
    stop.abort();
    return "confirmed";
  };
  expect(await run({ cycles: 100, signal: stop.signal })).toMatchObject({ cycles: 1 });
  expect(gateway.requests).toHaveLength(1);
});

test("a decider may act while it decides, by the same road and under the same numbers", async () => {
  const { gateway, run, book } = setUp(hold);
  const outcomes: string[] = [];
  const decider: Decider<Wish, Observation> = {
    async decide(_seen, { act }) {
      const swap = {
        kind: "swap" as const,
        account: "wallet",
        sell: "base/WETH" as const,
        buy: "base/USDC" as const,
        floor: decimal(1),
      };
      outcomes.push(...kinds(await act([{ ...swap, amount: decimal("0.1") }, { kind: "send" }])));
      return half;
    },
  };
  gateway.answer = (wish) => (wish.kind === "send" ? denied("RECIPIENT_NOT_ALLOWED") : "confirmed");
  await run({ decider });
  expect(outcomes).toEqual(["confirmed", "refused"]);
  expect(gateway.requests.map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(book.weth.toFixed()).toBe("0.25");
});

test("every stage is measured by the stopwatch that is given, also one that fails, and none of it is noted", async () => {
  const { gateway, run } = setUp(half);
  let ticks = 0;
  const ended: [string, number][] = [];
  const spans = telemetrySpans({ stopwatch: () => ++ticks, ended: (name, ms) => ended.push([name, ms]) });
  gateway.answer = () => "LEASE_LOST";
  await expect(run({ spans })).rejects.toMatchObject({ code: "LEASE_LOST" });
  expect(ended.map(([name]) => name)).toEqual(["settle", "open", "observe", "decide", "plan", "request"]);
  expect(ended.every(([, ms]) => ms > 0)).toBe(true);
  expect(JSON.stringify(gateway.notes)).not.toContain("milliseconds");
});

test("a long silence wakes the decider", async () => {
  const { run, asked } = setUp(hold);
  await run({ cycles: 1 + (6 * HOUR) / MINUTE });
  expect(asked()).toBe(2);
});
