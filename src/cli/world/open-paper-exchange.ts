import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { Instant } from "../../core/clock.ts";
import { MandateError, messageOf, UsageError } from "../../core/errors.ts";
import { writeAtomically } from "../../worlds/anvil/write-atomically.ts";
import type { MarketInput } from "../../worlds/paper-exchange/open-market.ts";
import { type PaperExchange, startPaperExchange } from "../../worlds/paper-exchange/start-paper-exchange.ts";

export interface OpenPaperExchangeOptions {
  readonly port: number;
  readonly seed: string;
  readonly accounts: number;
  readonly usdc: number;
  /** When its time begins; left out, where the market's files do. */
  readonly start?: Instant;
  /** Files of candles, or one of recorded books. */
  readonly market?: readonly string[];
  /** Milliseconds from one move of the market to the next. */
  readonly step: number;
  /** Where its state is read from, if it is there, and written to at the end. */
  readonly state?: string;
}

/** A file of the paper exchange cannot be read or written. */
export class PaperExchangeFileError extends MandateError {
  constructor(what: string, path: string, cause: unknown) {
    super("PAPER_EXCHANGE_FILE", `${what} ${path} cannot be used: ${messageOf(cause)}`, {
      remedy: "Look at the path and what stands in the file.",
      details: { path },
      cause,
    });
  }
}

/**
 * Starts a paper exchange, where it stood if there is a saved state.
 *
 * @throws {PaperExchangeFileError}
 * @throws {MarketFileError}
 */
export async function openPaperExchange({ state, market, start, ...options }: OpenPaperExchangeOptions): Promise<PaperExchange> {
  const saved = state === undefined ? null : await readIfThere(state);
  return startPaperExchange({
    ...options,
    ...(start === undefined ? {} : { start }),
    ...(market === undefined ? {} : { market: await readMarket(market) }),
    ...(saved === null ? {} : { saved: parsed("the state", state ?? "", saved) }),
  });
}

/**
 * Files of candles are named after their markets: BTC.csv. A file of books names its markets itself.
 *
 * @throws {PaperExchangeFileError} {@link UsageError}
 */
export async function readMarket(paths: readonly string[]): Promise<MarketInput> {
  const files = await Promise.all(
    paths.map(async (path) => ({ coin: basename(path, extname(path)), text: await readText("the market", path) })),
  );
  const books = files.filter(({ text }) => /"levels"/.test(text));
  if (books.length === 0) return { candles: Object.fromEntries(files.map(({ coin, text }) => [coin, text])) };
  if (files.length > 1)
    throw new UsageError("recorded books come in one file", { remedy: "Put them into one, in order of time." });
  return { books: books[0]?.text ?? "" };
}

/** Writes an exchange's state, whole or not at all. */
export async function savePaperExchange(exchange: Pick<PaperExchange, "save">, path: string): Promise<void> {
  try {
    await writeAtomically(path, `${JSON.stringify(exchange.save())}\n`);
  } catch (error) {
    throw new PaperExchangeFileError("the state", path, error);
  }
}

async function readText(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new PaperExchangeFileError(what, path, error);
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new PaperExchangeFileError("the state", path, error);
  }
}

function parsed(what: string, path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new PaperExchangeFileError(what, path, error);
  }
}
