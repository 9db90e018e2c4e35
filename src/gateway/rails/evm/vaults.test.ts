import { expect, test } from "vitest";
import { FULL_BOOK } from "../../../../test/effects/support/full-book.ts";
import { mandateOf } from "../../../../test/support/house.ts";
import { decimal } from "../../../core/decimal.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import { vaultProblems } from "./vaults.ts";

const { assets, contracts } = FULL_BOOK.chains.base;
const book = mandateOf({ allowed_tokens: ["WETH", "USDC", "vUSDC"] }, FULL_BOOK).terms.book.chains.base;
const word = (units: bigint): Hex => `0x${units.toString(16).padStart(64, "0")}`;

/** What is found where a share redeems so much before and after; null: the vault does not say. */
function found(before: bigint | null, after: bigint | null, { held = "0", to = contracts.router.address as Address } = {}) {
  if (!book) return expect.unreachable();
  const answer = (units: bigint | null) => [units === null ? null : word(units)];
  const simulation = {
    ...{ before: [], after: [], last: [], calls: [], problems: [] },
    ...{ watchedBefore: answer(before), watchedAfter: answer(after) },
  };
  const row = { account: "wallet", asset: "base/vUSDC" as const, before: decimal(held), after: decimal(held) };
  const call = { chain: "base", from: "wallet", to, data: "0x", value: 0n } as const;
  return vaultProblems({ chain: "base", book }, simulation, [call], [row]).map(({ code }) => code);
}

test("a share that redeems less after a request than before is found, whoever holds it, and one that redeems more is none", () => {
  expect([found(10n, 9n), found(10n, 9n, { held: "1" })]).toEqual([["UNEXPLAINED_EFFECT"], ["UNEXPLAINED_EFFECT"]]);
  expect([found(10n, 10n), found(10n, 11n)]).toEqual([[], []]);
});

test("a vault that does not say keeps in what calls it, and while its shares are held what does not reduce", () => {
  const to = assets.vUSDC.address.toUpperCase().replace("0X", "0x") as Address;
  expect([found(null, 9n, { to }), found(null, null, { to, held: "1" })]).toEqual([["CANNOT_SIMULATE"], ["CANNOT_SIMULATE"]]);
  expect([found(null, 9n), found(null, null)]).toEqual([[], []]);
  expect([found(null, 9n, { held: "1" }), found(null, null, { held: "0.1" })]).toEqual([["VAULT_SILENT"], ["VAULT_SILENT"]]);
});

test("a vault that a request makes silent is one that cannot be told of", () => {
  expect([found(10n, null), found(10n, null, { held: "1" })]).toEqual([["CANNOT_SIMULATE"], ["CANNOT_SIMULATE"]]);
});
