import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { UsageError } from "../core/errors.ts";
import { MandateFileError } from "./mandate-file-error.ts";
import { readMandate } from "./read-mandate.ts";
import { parseSample, SAMPLE, WORLD_WALLET } from "./testing/sample-mandate.ts";

const folder = mkdtempSync(join(tmpdir(), "mandate-"));
afterAll(() => rmSync(folder, { recursive: true }));

const start = SAMPLE.indexOf("  rehearsal:\n");
const end = SAMPLE.indexOf("  base:\n    wallet");
const network = SAMPLE.slice(start + "  rehearsal:\n".length, end);
/** The network as a file of its own: four spaces less. */
const book = network.replaceAll(/^ {4}/gm, "");
const mandate = `${SAMPLE.slice(0, start)}  rehearsal: ../books/base.yaml\n${SAMPLE.slice(end)}`;

function write(name: string, text: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  return file;
}

test("a book of its own resolves to the same terms as the same book in the mandate", () => {
  write("books/base.yaml", book);
  const file = write("mine/MANDATE.md", mandate);
  expect(readMandate(file, { worldWallet: WORLD_WALLET }).terms).toEqual(parseSample().terms);
});

test("what is wrong with a book is shown with the book's own line", () => {
  write("books/base.yaml", book.replace("decimals: 6", "decimals: 6, name: USD"));
  const file = write("mine/MANDATE.md", mandate);
  expect(() => readMandate(file, { worldWallet: WORLD_WALLET })).toThrow(
    /^\.\.\/books\/base\.yaml:7 {2}networks\.rehearsal\.chains/,
  );
});

test("what does not fit together in a book is shown with the book's own line", () => {
  write("books/base.yaml", book.replace("WETH-USDC:", "WETH-USDT:"));
  const file = write("mine/MANDATE.md", mandate);
  expect(() => readMandate(file, { worldWallet: WORLD_WALLET })).toThrow(/^\.\.\/books\/base\.yaml:13 {2}networks\.rehearsal/);
});

test("a book that is not there is refused at the line that names it", () => {
  const file = write("mine/MANDATE.md", mandate.replace("base.yaml", "none.yaml"));
  expect(() => readMandate(file, { worldWallet: WORLD_WALLET })).toThrow(MandateFileError);
});

test("a file that cannot be read is a wrong use of the command, not a bad mandate", () => {
  expect(() => readMandate(join(folder, "none.md"))).toThrow(UsageError);
  expect(() => readMandate(write("latin.md", Uint8Array.of(0x2d, 0xe9, 0x0a)))).toThrow(UsageError);
});
