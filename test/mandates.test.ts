import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Address } from "../src/core/hex.ts";
import { toJson } from "../src/core/json.ts";
import { parseMandate } from "../src/mandate/parse-mandate.ts";
import { readMandate } from "../src/mandate/read-mandate.ts";
import { termsHash } from "../src/mandate/terms-json.ts";
import { worstCase } from "../src/mandate/worst-case.ts";
import { EVM_BOOK } from "../src/worlds/anvil/evm-book.ts";
import { FULL_BOOK } from "./effects/support/full-book.ts";

const FOLDER = new URL("../mandates/", import.meta.url);
const BALANCED = new URL("weth-usdc-balanced/MANDATE.md", FOLDER).pathname;
const worldWallet: Address = "0x00000000000000000000000000000000000aaaaa";

/** The world's own book, read the way a mandate's is. JSON is YAML. */
function worldBook(id: number) {
  const text = readFileSync(BALANCED, "utf8");
  const chains = { base: { ...EVM_BOOK.chains.base, id } };
  const networks = `networks:\n  ${id === 31337 ? "rehearsal" : "base-fork"}: ${JSON.stringify({ chains })}\n`;
  const rewritten = text.replace(/^networks:\n(?: .*\n)+/m, networks);
  expect(rewritten).not.toBe(text);
  return parseMandate(rewritten, { file: "world", worldWallet, network: id === 31337 ? "rehearsal" : "base-fork" }).terms.book;
}

test.each(readdirSync(FOLDER))("the mandate %s passes on every network that it has", (name) => {
  const file = new URL(`${name}/MANDATE.md`, FOLDER).pathname;
  const mandate = readMandate(file, { worldWallet });
  expect(mandate.terms.id).toBe(name);
  expect(mandate.rehearsal).toBe(true);
  expect(worstCase(mandate.terms).in_all.total_usd).not.toBe("unbounded");
});

test("the balanced mandate's rehearsal book is the world's book, address for address", () => {
  expect(toJson(readMandate(BALANCED, { worldWallet }).terms.book)).toEqual(toJson(worldBook(31337)));
});

test.each([
  ["weth-usdc-lp", { ...EVM_BOOK.chains.base.assets }],
  ["vault-lp", FULL_BOOK.chains.base.assets],
  ["ax", FULL_BOOK.chains.base.assets],
])("the rehearsal book of %s is the world's, with what it uses more", (name, assets) => {
  const file = new URL(`${name}/MANDATE.md`, FOLDER).pathname;
  const text = readFileSync(file, "utf8");
  const chains = { base: { ...FULL_BOOK.chains.base, assets } };
  const rewritten = text.replace(/^networks:\n(?: .*\n)+/m, `networks:\n  rehearsal: ${JSON.stringify({ chains })}\n`);
  expect(rewritten).not.toBe(text);
  const book = parseMandate(rewritten, { file: "world", worldWallet }).terms.book;
  expect(toJson(readMandate(file, { worldWallet }).terms.book)).toEqual(toJson(book));
});

test("the balanced mandate's fork has the same book under another chain id", () => {
  expect(toJson(readMandate(BALANCED, { worldWallet, network: "base-fork" }).terms.book)).toEqual(toJson(worldBook(31338)));
});

test("changing the line network: to the fork changes nothing but the network's name and chain id", () => {
  const text = readFileSync(BALANCED, "utf8");
  const changed = text.replace(/^network: rehearsal/m, "network: base-fork");
  const [one, other] = [text, changed].map((each) => parseMandate(each, { file: BALANCED, worldWallet }));
  expect(changed.split("\n").filter((line, i) => line !== text.split("\n")[i])).toHaveLength(1);
  expect(other?.brief).toEqual(one?.brief);
  expect(toJson(other?.terms.limits)).toEqual(toJson(one?.terms.limits));
  expect(other?.terms.book.chains.base?.id).toBe(31338);
  expect(other && termsHash(other.terms)).not.toBe(one && termsHash(one.terms));
});
