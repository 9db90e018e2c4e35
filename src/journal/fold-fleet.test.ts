import { expect, test } from "vitest";
import { DAY, HOUR, type Instant, WEEK } from "../core/clock.ts";
import { InvariantError } from "../core/errors.ts";
import { toJson } from "../core/json.ts";
import { applyFleetEntry, emptyFleet, type FleetEntry, type FleetState, fleetBudgetsAt } from "./fold-fleet.ts";

function foldOf(...story: readonly (readonly [at: Instant, entry: FleetEntry])[]): FleetState {
  return story.reduce(
    (state, [at, { kind, body }]) =>
      applyFleetEntry(state, { stream: "fleet:desk", seq: state.seq + 1, at, kind, body: toJson(body), prev: "", hash: "" }),
    emptyFleet,
  );
}
const part = (wallet: string, spend_usd: string, loss_usd = "0") => ({ wallet, key: "k", spend_usd, loss_usd });
const reserved = (wallet: string, spend: string, loss?: string): FleetEntry => ({
  kind: "reserved",
  body: part(wallet, spend, loss),
});
const settled = (wallet: string, spend: string, allowed_usd = "0", ended = true): FleetEntry => ({
  kind: "settled",
  body: { ...part(wallet, spend), ended, allowed_usd },
});

test("the same key of two wallets is two parts, and each is replaced by what really happened", () => {
  const state = foldOf([0, reserved("a", "30", "2")], [1, reserved("b", "50", "1")], [2, settled("a", "20")]);
  const budgets = fleetBudgetsAt(state, 3, "a");
  expect([budgets.spend_usd.toFixed(), budgets.loss_usd.toFixed(), budgets.seq]).toEqual(["70", "1", 3]);
});

test.each([
  ["spend_hour_usd", HOUR, "max_hourly_spend_usd"],
  ["spend_usd", DAY, "max_daily_spend_usd"],
  ["spend_week_usd", WEEK, "max_weekly_spend_usd"],
] as const)("%s is half-open, counts from the end of a request, and says when it comes back", (window, length, limit) => {
  const state = foldOf([0, reserved("a", "30")], [1000, settled("a", "30")]);
  expect(fleetBudgetsAt(state, 1000 + length - 1, "b")[window].toFixed()).toBe("30");
  expect(fleetBudgetsAt(state, 1000 + length, "b")[window].toFixed()).toBe("0");
  expect(fleetBudgetsAt(state, 1001, "b").refills[limit]).toBe(1000 + length);
  expect(fleetBudgetsAt(state, 100 * WEEK, "b").spend_total_usd.toFixed()).toBe("30");
});

test("what is open or unresolved is in every window for ever", () => {
  const state = foldOf([0, reserved("a", "30")], [1, reserved("b", "5")], [2, settled("b", "5", "0", false)]);
  expect(fleetBudgetsAt(state, 100 * WEEK, "a").spend_hour_usd.toFixed()).toBe("35");
});

test("what others left allowed counts, and one's own is left to one's own stream", () => {
  const state = foldOf([0, reserved("a", "0")], [1, settled("a", "0", "40")], [2, settled("b", "0", "7")]);
  expect(fleetBudgetsAt(state, 3, "a").allowed_usd.toFixed()).toBe("7");
  expect(fleetBudgetsAt(state, 3, "c").allowed_usd.toFixed()).toBe("47");
});

test("an entry of a kind that is not known is refused, and so is one out of turn", () => {
  const bad = { stream: "fleet:desk", at: 0, body: toJson(part("a", "1")), prev: "", hash: "" };
  expect(() => applyFleetEntry(emptyFleet, { ...bad, seq: 1, kind: "gave" })).toThrow(InvariantError);
  expect(() => applyFleetEntry(emptyFleet, { ...bad, seq: 2, kind: "reserved" })).toThrow(InvariantError);
});
