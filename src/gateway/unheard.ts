import type { SettledBody } from "../journal/entries.ts";
import type { Outcome } from "./contract.ts";
import { outcomeOf } from "./outcome.ts";
import type { WalletContext } from "./wallet-context.ts";

/**
 * What came of requests of earlier lives as starts since the last cycle found it, by the journal: nobody asked for it, so
 * nobody has been told, unless a life between ended after it told. Whoever settles before a cycle opens is told again.
 */
export async function unheardOutcomes(wallet: WalletContext): Promise<readonly Outcome[]> {
  const { parts, state } = wallet;
  const { journal, stream } = parts.stream;
  const keys = new Set<string>();
  let started = false;
  for await (const { kind, body } of journal.read(stream, state.lease)) {
    started ||= kind === "started";
    if (started && kind === "settled") keys.add((body as unknown as SettledBody).key);
  }
  return [...keys].filter((key) => !state.open.includes(key)).map((key) => outcomeOf(wallet.request(key)));
}
