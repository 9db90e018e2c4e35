import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR } from "../core/clock.ts";
import { InvariantError } from "../core/errors.ts";
import { applyEntry, emptyWallet } from "./fold-wallet.ts";
import { modelSpentToday } from "./model-costs.ts";
import { foldOf, opened, reserved, settled, signed } from "./testing/wallet-story.ts";

const held = (amount: string) => [{ account: "wallet", asset: "base/USDC", amount }];

test("a request goes from reserved to signed to settled, and is open until it is settled", () => {
  const story = [
    [1, opened(1)],
    [2, reserved("a", 1)],
    [3, signed("a", 7, 8)],
    [4, settled("a", "confirmed")],
  ] as const;
  expect(foldOf(...story.slice(0, 2))).toMatchObject({ open: ["a"], nonces: {} });
  expect(foldOf(...story.slice(0, 3)).requests.get("a")).toMatchObject({ phase: "signed", closedAt: null });
  const end = foldOf(...story);
  expect(end.requests.get("a")).toMatchObject({ phase: "settled", closedAt: 4 });
  expect(end).toMatchObject({ open: [], nonces: { base: 9 } });
});

test("the next nonce never goes back", () => {
  expect(foldOf([1, reserved("a", 1)], [2, signed("a", 7, 8)], [3, signed("a", 7)]).nonces).toEqual({ base: 9 });
});

test("the lease is the entry that opened the cycle", () => {
  expect(foldOf([1, opened(1)], [2, reserved("a", 1)], [3, opened(2)])).toMatchObject({ lease: 3, cycle: 2 });
});

test("an unresolved request stays open and takes all that it reserved; it can still be settled", () => {
  const story = [
    [1, reserved("a", 1, { spend_usd: "30" })],
    [2, signed("a", 0)],
    [3, settled("a", "unresolved")],
  ] as const;
  expect(foldOf(...story)).toMatchObject({ open: ["a"], consecutiveFailures: 1 });
  expect(
    foldOf(...story)
      .requests.get("a")
      ?.amounts.spend_usd.toFixed(),
  ).toBe("30");
  expect(foldOf(...story, [4, settled("a", "confirmed", { spend_usd: "29" })])).toMatchObject({
    open: [],
    consecutiveFailures: 0,
  });
});

test("failures in a row are reverts and unresolved outcomes; denials and what was released are none; a success ends them", () => {
  const denied = { kind: "judged", body: { key: "d", cycle: 1, step: 1, verdict: "deny", codes: ["X"], facts: null } } as const;
  const story = [
    [1, reserved("a", 1)],
    [2, settled("a", "rejected")],
    [3, denied],
    [4, reserved("b", 1)],
    [5, settled("b", "released")],
    [6, reserved("c", 1)],
    [7, settled("c", "rejected")],
  ] as const;
  expect(foldOf(...story).consecutiveFailures).toBe(2);
  expect(foldOf(...story, [8, reserved("e", 2)], [9, settled("e", "confirmed")]).consecutiveFailures).toBe(0);
  expect(foldOf(...story, [8, { kind: "resumed", body: { why: "seen" } }]).consecutiveFailures).toBe(0);
});

test("the first stop is the one that is told, until an operator resumes", () => {
  const stop = (code: string) => ({ kind: "stopped", body: { code, reason: "r" } }) as const;
  expect(foldOf([1, stop("A")], [2, stop("B")]).stopped).toMatchObject({ code: "A" });
  expect(foldOf([1, stop("A")], [2, { kind: "resumed", body: { why: "w" } }]).stopped).toBeNull();
});

test("a person's stop stands above what the gateway found, and a kill above that", () => {
  const order = { text: "{}", signature: "" };
  const found = { kind: "stopped", body: { code: "NONCE_MISMATCH", reason: "r" } } as const;
  const freeze = { kind: "stopped", body: { code: "FROZEN_BY_OPERATOR", reason: "r", order } } as const;
  const kill = { kind: "stopped", body: { code: "KILLED", reason: "r", order } } as const;
  expect(foldOf([1, found], [2, freeze]).stopped?.code).toBe("FROZEN_BY_OPERATOR");
  expect(foldOf([1, freeze], [2, found]).stopped?.code).toBe("FROZEN_BY_OPERATOR");
  expect(foldOf([1, kill], [2, freeze], [3, found]).stopped?.code).toBe("KILLED");
  expect(foldOf([1, freeze], [2, kill]).orders).toBe(2);
});

test("a reconciliation closes what nobody can resolve, keeps what it took, and goes on from the chain's side", () => {
  const order = { text: "{}", signature: "" };
  const body = { why: "w", nonces: { base: 7 }, holdings: held("5"), closed: ["a"], moved_usd: "-40", order };
  const state = foldOf(
    [1, opened(1, "100", held("300"))],
    [2, reserved("a", 1, { spend_usd: "30" })],
    [3, signed("a", 0)],
    [4, settled("a", "unresolved")],
    [5, { kind: "stopped", body: { code: "FOREIGN_TRANSACTION", reason: "r" } }],
    [9, { kind: "reconciled", body }],
  );
  expect(state).toMatchObject({ open: [], nonces: { base: 7 }, stopped: null, orders: 1 });
  expect(state.requests.get("a")).toMatchObject({ closedAt: 9, settled: { outcome: "unresolved" } });
  expect(state.requests.get("a")?.amounts.spend_usd.toFixed()).toBe("30");
  expect([state.holdings["wallet base/USDC"]?.toFixed(), state.highWaterUsd?.toFixed()]).toEqual(["5", "60"]);
});

test("while it is stopped, a cycle takes nothing over: holdings and mark wait for the operator", () => {
  const stop = { kind: "stopped", body: { code: "A", reason: "r" } } as const;
  const state = foldOf([1, opened(1, "100", held("300"))], [2, stop], [3, opened(2, "900", held("900"))]);
  expect([state.cycle, state.holdings["wallet base/USDC"]?.toFixed(), state.highWaterUsd?.toFixed()]).toEqual([2, "300", "100"]);
  const resumed = foldOf([1, opened(1, "100")], [2, stop], [3, { kind: "resumed", body: { why: "w" } }], [4, opened(2, "900")]);
  expect(resumed.highWaterUsd?.toFixed()).toBe("900");
});

test("the high-water mark only rises, and a value that is not known leaves it", () => {
  expect(
    foldOf([1, opened(1, "100")], [2, opened(2, "120")], [3, opened(3, null)], [4, opened(4, "90")]).highWaterUsd?.toFixed(),
  ).toBe("120");
  expect(foldOf([1, opened(1, null)]).highWaterUsd).toBeNull();
});

test("holdings are what was seen, and what settled since", () => {
  const state = foldOf(
    [1, opened(1, null, held("300"))],
    [2, reserved("a", 1)],
    [3, settled("a", "confirmed", {}, held("-30.5"))],
  );
  expect(state.holdings["wallet base/USDC"]?.toFixed()).toBe("269.5");
});

test("what a cycle sees while something is in flight is not counted twice when that settles", () => {
  const state = foldOf(
    [1, opened(1, null, held("300"))],
    [2, reserved("a", 1)],
    [3, opened(2, null, held("270"))],
    [4, settled("a", "confirmed", {}, held("-30"))],
  );
  expect(state.holdings["wallet base/USDC"]?.toFixed()).toBe("270");
});

test("model costs count for a day, and only amounts do", () => {
  const call = (cost_usd: unknown) =>
    ({ kind: "noted", body: { cycle: 1, note: { kind: "model-call", cost_usd } as never } }) as const;
  const state = foldOf(
    [0, call("0.10")],
    [HOUR, call("0.05")],
    [HOUR, call("-7")],
    [HOUR, call("1e3")],
    [HOUR, call(4)],
    [HOUR, call("much")],
  );
  expect(modelSpentToday(state, HOUR).toFixed()).toBe("0.15");
  expect(modelSpentToday(state, DAY).toFixed()).toBe("0.05");
});

test("what a model call may cost counts until it is settled, and for a day where its agent died before", () => {
  const note = (kind: string, reservation: string, cost_usd: string) =>
    ({ kind: "noted", body: { cycle: 1, note: { kind, reservation, cost_usd } as never } }) as const;
  const reserved = [0, note("model-reserved", "1", "0.30")] as const;
  expect(modelSpentToday(foldOf(reserved), HOUR).toFixed()).toBe("0.3");
  expect(modelSpentToday(foldOf(reserved, [0, note("model-call", "1", "0.02")]), HOUR).toFixed()).toBe("0.02");
  // The process died and counts anew: what it left open stays, what is settled is the new one.
  const again = foldOf(reserved, [1, note("model-reserved", "1", "0.20")], [2, note("model-call", "1", "0.02")]);
  expect(modelSpentToday(again, HOUR).toFixed()).toBe("0.32");
  expect(modelSpentToday(again, DAY + 2).toFixed()).toBe("0");
});

test("no words of the agent's can make a stream that does not fold", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, text) => {
      for (const note of [value, { kind: "model-call", cost_usd: text }, { kind: "model-call", cost_usd: value }]) {
        expect(foldOf([1, { kind: "noted", body: { cycle: 1, note: note as never } }], [2, opened(1)]).cycle).toBe(1);
      }
    }),
  );
});

test("an entry out of order, of an unknown kind or for an unknown request is an error, never a guess", () => {
  const raw = { stream: "wallet:0x00", at: 1, prev: "", hash: "" };
  expect(() => applyEntry(emptyWallet, { ...raw, seq: 2, kind: "opened", body: {} })).toThrow(InvariantError);
  expect(() => applyEntry(emptyWallet, { ...raw, seq: 1, kind: "granted", body: {} })).toThrow(InvariantError);
  expect(() => foldOf([1, settled("nobody", "confirmed")])).toThrow(InvariantError);
});

test("a fold changes nothing that it was given", () => {
  const before = foldOf([1, opened(1)], [2, reserved("a", 1, { spend_usd: "30" })]);
  const copy = structuredClone({ open: before.open, seq: before.seq, phase: before.requests.get("a")?.phase });
  applyEntry(before, {
    stream: "wallet:0x00",
    seq: 3,
    at: 3,
    kind: "settled",
    body: settled("a", "released").body as never,
    prev: "",
    hash: "",
  });
  expect({ open: before.open, seq: before.seq, phase: before.requests.get("a")?.phase }).toEqual(copy);
});
