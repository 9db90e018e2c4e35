import { expect, test } from "vitest";
import { decimal } from "../../src/core/decimal.ts";
import { termsHash, termsToJson } from "../../src/mandate/terms-json.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { codesOf, nonceOf, standingOf } from "../support/standing.ts";
import { governedHouse, purchase } from "./support/governed-house.ts";

const LIMITS = { ...SHIPPED_LIMITS, cooldown_seconds: 0, max_slippage_bps: 100, require_human_approval_above_usd: 100 };

test("a reorganisation deeper than confirmations takes back what a permit was used for, and neither the permit, an amendment nor the first live start", async () => {
  await using governed = await governedHouse({ limits: LIMITS, rpcInBook: true });
  const { house, operator } = governed;
  const { gateway, wallet, stream } = house.opened;
  const standing = async () => {
    const { budgets, open, permits, stopped } = await gateway.state(wallet);
    const spent = budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed();
    return { open: open.length, permits: permits.length, spent, stopped };
  };
  const buys = async (usdc?: string, floor?: string) => codesOf((await house.act(await purchase(house, usdc, floor)))[0]);
  expect(await buys()).toEqual(["NEEDS_APPROVAL"]);
  const [asked] = await operator.permits();
  await operator.approve(asked?.id ?? "");
  expect(await buys()).toEqual([]);
  const { terms } = house.mandate;
  const narrower = { ...terms, limits: { ...terms.limits, max_single_trade_usd: decimal(160) } };
  await operator.amend(termsHash(terms), termsToJson(narrower));
  await house.world.rpc("anvil_reorg", [2, []]);
  expect(await nonceOf(house.world)).toBe(0);

  // It holds what it may still cost, until its nonces are gone.
  await gateway.open(wallet);
  expect(await standing()).toEqual({ open: 1, permits: 0, spent: "150", stopped: null });
  expect(await gateway.settle(wallet)).toMatchObject([{ kind: "rejected" }]);
  expect(await standing()).toEqual({ open: 0, permits: 0, spent: "0", stopped: null });
  expect(await buys()).toEqual(["NEEDS_APPROVAL"]);
  expect(await operator.permits()).toMatchObject([{ id: asked?.id, status: "used" }, { status: "open" }]);
  expect(await buys("170", "0.0563")).toContain("TRADE_TOO_LARGE");
  const kinds: string[] = [];
  for await (const { kind } of stream.journal.read(stream.stream)) kinds.push(kind);
  expect(kinds.filter((kind) => ["operator", "pinned", "amended", "reopened"].includes(kind)).toSorted()).toEqual([
    "amended",
    "operator",
    "pinned",
    "reopened",
  ]);
  expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
});
