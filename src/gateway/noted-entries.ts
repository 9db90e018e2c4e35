import type { WalletEntry } from "../journal/entries.ts";
import { COST_NOTES, saysCost } from "../journal/model-costs.ts";
import { refer } from "../journal/reference.ts";
import type { Note } from "./contract.ts";
import { GatewayError } from "./gateway-error.ts";
import { withholdSignatures } from "./signatures/withhold-signatures.ts";
import type { WalletContext } from "./wallet-context.ts";

/**
 * What an agent says of itself, as the journal keeps it.
 *
 * @throws {GatewayError} BAD_REQUEST for a cost that is no amount.
 */
export async function notedEntries(wallet: WalletContext, notes: readonly Note[]): Promise<readonly WalletEntry[]> {
  const entries: WalletEntry[] = [];
  for (const note of await withholdSignatures(wallet, notes)) {
    const { kind, cost_usd } = note;
    if (COST_NOTES.has(kind) && typeof cost_usd === "string" && !saysCost(note)) {
      throw new GatewayError("BAD_REQUEST", "a model call's cost_usd is no amount", {
        remedy: 'Write it in digits, for example "0.0125".',
      });
    }
    const whole = await refer(wallet.parts.stream.journal, note);
    // What the folds read stays readable when the rest is stored beside the log.
    const cost = typeof cost_usd === "string" ? { cost_usd } : {};
    const body = { cycle: wallet.state.cycle, note: isReference(whole) ? { kind, ...cost, body: whole } : whole };
    entries.push({ kind: "noted", body });
  }
  return entries;
}

function isReference(value: unknown): boolean {
  return typeof value === "object" && value !== null && "$body" in value;
}
