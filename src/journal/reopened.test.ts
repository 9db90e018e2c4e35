import { expect, test } from "vitest";
import { DAY } from "../core/clock.ts";
import type { WalletEntry } from "./entries.ts";
import { budgetsAt } from "./fold-budgets.ts";
import { foldOf, opened, reserved, settled, signed } from "./testing/wallet-story.ts";

const USDC = { account: "wallet", asset: "base/USDC" };
const reopened = (key: string): WalletEntry => ({ kind: "reopened", body: { key, reason: "block 5 is another one now" } });
const allowed = (amount: string) => [{ owner: "0xa", asset: "base/USDC", spender: "0xb", amount }];

const STORY = [
  [1, opened(1, null, [{ ...USDC, amount: "100" }])],
  [2, reserved("a", 1, { spend_usd: "30", gas_usd: "1" })],
  [3, signed("a", 7, 8)],
  [4, settled("a", "confirmed", { spend_usd: "29", gas_usd: "0.5" }, [{ ...USDC, amount: "-29" }])],
] as const;

test("what a chain took back is in flight again, with all that was reserved, and what it moved is moved back", () => {
  const state = foldOf(...STORY, [5, reopened("a")]);
  expect(state).toMatchObject({ open: ["a"], nonces: { base: 9 } });
  expect(state.requests.get("a")).toMatchObject({ phase: "signed", settled: null, closedAt: null });
  expect(state.holdings["wallet base/USDC"]?.toFixed()).toBe("100");
  expect(budgetsAt(state, 10 * DAY, 2).spend_usd.toFixed()).toBe("30");
});

test("once it has settled again it counts as what it then did, from then on", () => {
  const again = settled("a", "confirmed", { spend_usd: "28" }, [{ ...USDC, amount: "-28" }]);
  const state = foldOf(...STORY, [5, reopened("a")], [DAY, again]);
  expect(state.open).toEqual([]);
  expect(state.holdings["wallet base/USDC"]?.toFixed()).toBe("72");
  expect(budgetsAt(state, DAY + 5, 2).spend_usd.toFixed()).toBe("28");
});

test("what is signed again for more takes more of the gas pot until it settles, and no nonce", () => {
  const again: WalletEntry = {
    kind: "signed",
    body: {
      key: "a",
      transactions: [{ hash: "0xb", chain: "base", nonce: 7, gas_most: "0.2", purpose: "call" }],
      more: { gas_usd: "2", exit_gas_usd: "0" },
    },
  };
  const state = foldOf(...STORY.slice(0, 3), [4, again]);
  expect(state.nonces).toEqual({ base: 9 });
  expect(budgetsAt(state, 5, 1).gas_usd.toFixed()).toBe("3");
  expect(budgetsAt(foldOf(...STORY.slice(0, 3), [4, again], STORY[3]), 5, 1).gas_usd.toFixed()).toBe("0.5");
  expect(budgetsAt(foldOf(...STORY.slice(0, 3), [4, again], STORY[3], [6, reopened("a")]), 7, 1).gas_usd.toFixed()).toBe("3");
});

test("allowances are known from the pin, from each look, and from what settled; a look replaces all that was known", () => {
  const pinned: WalletEntry = {
    kind: "pinned",
    body: { terms_hash: "t", terms: {}, nonces: {}, holdings: [], code: {}, allowances: allowed("5") },
  };
  const known = (state: ReturnType<typeof foldOf>) => state.known["0xa base/USDC 0xb"]?.toFixed();
  const looked: WalletEntry = { kind: "opened", body: { cycle: 1, value_usd: null, holdings: [], allowances: allowed("4") } };
  const none: WalletEntry = { kind: "opened", body: { cycle: 2, value_usd: null, holdings: [], allowances: [] } };
  expect(known(foldOf([1, pinned]))).toBe("5");
  expect(known(foldOf([1, pinned], [2, opened(1)]))).toBe("5");
  expect(known(foldOf([1, pinned], [2, looked]))).toBe("4");
  expect(known(foldOf([1, pinned], [2, looked], [3, none]))).toBeUndefined();
  const change = { owner: "0xa", asset: "base/USDC", spender: "0xb", before: "5", after: "9", price: "1" };
  const { body } = settled("a", "rejected");
  const left = { kind: "settled", body: { ...body, allowances: [change] } } as WalletEntry;
  const story = [
    [1, pinned],
    [2, reserved("a", 1)],
    [3, signed("a", 0)],
    [4, left],
  ] as const;
  expect(known(foldOf(...story))).toBe("9");
  expect(known(foldOf(...story, [5, reopened("a")]))).toBe("5");
});

test("while a wallet is stopped a look takes nothing for granted", () => {
  const stopped: WalletEntry = { kind: "stopped", body: { code: "UNEXPLAINED_ALLOWANCE", reason: "wider" } };
  const looked: WalletEntry = { kind: "opened", body: { cycle: 1, value_usd: null, holdings: [], allowances: allowed("4") } };
  expect(foldOf([1, stopped], [2, looked]).known).toEqual({});
});

test("what an agent notes that it wants with a permit is kept once, for permits that there are", () => {
  const asked = {
    ...{ permit: "p1", key: "k", cycle: 1, step: 1, content: "c", calls: [], bounds: [], payments: [] },
    ...{ outflow_usd: "1", loss_usd: "0", loss_bps: "0", gas_usd: "0", value_usd: null, expires: DAY },
  };
  const wish = (permit: string, text: string): WalletEntry => ({
    kind: "noted",
    body: { cycle: 1, note: { kind: "permit-wish", permit, wish: text } },
  });
  const state = foldOf(
    [1, { kind: "asked", body: asked }],
    [2, wish("p1", "first")],
    [3, wish("p1", "second")],
    [4, wish("nobody's", "third")],
  );
  expect([...state.permits.values()].map((held) => held.wish)).toEqual(["first"]);
});
