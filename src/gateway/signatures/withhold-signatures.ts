import { canonicalJson } from "../../core/json.ts";
import { liveSignatures } from "../../journal/open-signatures.ts";
import type { Note } from "../contract.ts";
import type { WalletContext } from "../wallet-context.ts";

const WITHHELD = "(a live signature is withheld)";
/** Digits of each of a signature's two numbers. */
const DIGITS = 64;

/**
 * Notes as the journal may have them: what an agent tells of its tools' answers can have a signature in it that others
 * could still use, whole or in its two numbers. What is written in another form on purpose is the agent's own word.
 */
export async function withholdSignatures(wallet: WalletContext, notes: readonly Note[]): Promise<readonly Note[]> {
  const live = liveSignatures(wallet.state);
  if (live.length === 0) return notes;
  let text = canonicalJson(notes);
  for (const { signature } of live) {
    const kept = await wallet.parts.signed.get(signature.digest);
    if (kept === undefined) continue;
    const hex = Buffer.from(kept).toString("hex");
    const parts = [hex, hex.slice(0, DIGITS), hex.slice(DIGITS, 2 * DIGITS)];
    text = text.replace(new RegExp(`(0x)?(${parts.join("|")})`, "gi"), WITHHELD);
  }
  return JSON.parse(text) as readonly Note[];
}
