import type { JournalReader, Stream } from "../../journal/journal.ts";

/** The streams of wallets in a journal, sorted. A home has one. */
export async function walletStreams(journal: Pick<JournalReader, "streams">): Promise<readonly Stream[]> {
  return (await journal.streams()).filter((stream) => stream.startsWith("wallet:"));
}
