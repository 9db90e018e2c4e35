import { existsSync } from "node:fs";
import { join } from "node:path";
import type { JournalReader, Stream } from "../../journal/journal.ts";

/** The streams of wallets in a journal, sorted. A home has one, a house several. */
export async function walletStreams(journal: Pick<JournalReader, "streams">): Promise<readonly Stream[]> {
  return (await journal.streams()).filter((stream) => stream.startsWith("wallet:"));
}

/** What is told of a folder: its wallet's stream, and all of them where the folder is a house's. */
export async function toldStreams(journal: Pick<JournalReader, "streams">, home: string): Promise<readonly Stream[]> {
  if (!existsSync(join(home, "pinned.json"))) return walletStreams(journal);
  const own = await ownStream(journal, home);
  return own === undefined ? [] : [own];
}

/**
 * The stream of the wallet whose folder `home` is; undefined where it has none yet. In a journal that several wallets
 * share, the folder's pinned terms say which.
 */
export async function ownStream(journal: Pick<JournalReader, "streams">, home: string): Promise<Stream | undefined> {
  const streams = await walletStreams(journal);
  const [first, second] = streams;
  if (second === undefined || !existsSync(join(home, "pinned.json"))) return first;
  const { readPinnedCopy } = await import("../../gateway/operator/pinned-copy.ts");
  const own = `wallet:${readPinnedCopy(home).terms.accounts.wallet}`;
  return streams.find((stream) => stream === own);
}
