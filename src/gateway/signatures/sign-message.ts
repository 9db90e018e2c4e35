import { InvariantError } from "../../core/errors.ts";
import type { Hash, Hex } from "../../core/hex.ts";
import type { SignatureBody } from "../../journal/entries.ts";
import { isSignedMessage, liveSignatures } from "../../journal/open-signatures.ts";
import type { Action } from "../../protocols/effects.ts";
import type { Outcome, Request } from "../contract.ts";
import type { Prospect } from "../rail-desk.ts";
import type { EvmRail, EvmView } from "../rails/evm/evm-rail.ts";
import type { WalletContext } from "../wallet-context.ts";

/** The message of a request that asks for one and for nothing else. */
export function messageOf({ actions }: Request): Extract<Action, { typedData: string }> | null {
  const [action] = actions;
  return actions.length === 1 && "typedData" in action ? action : null;
}

/** What a message enables, and how it is signed: kept, committed, and given to nobody before. */
export async function lookAtMessage(
  wallet: WalletContext,
  rail: EvmRail,
  { action, view }: { readonly action: Extract<Action, { typedData: string }>; readonly view: EvmView },
): Promise<Prospect> {
  const now = await wallet.now();
  const live = liveSignatures(wallet.state).flatMap(({ signature }) => (signature.chain === rail.chain ? [signature] : []));
  const { effects, body } = await wallet.reach(async () => {
    const holdings = await rail.holdings(view.block);
    return rail.signatures.assess(action, { view, live, holdings, now });
  });
  return { effects, prices: view.prices, send: (key, holds) => send(wallet, rail, { key, body, holds }) };
}

async function send(
  wallet: WalletContext,
  rail: EvmRail,
  { key, body: signature, holds }: { readonly key: Hash; readonly body: SignatureBody | null; readonly holds: () => boolean },
): Promise<void> {
  if (signature === null) throw new InvariantError("a message without a meaning was allowed");
  const bytes = await rail.signatures.sign(signature);
  wallet.crash("after-sign");
  if (!holds()) return;
  await wallet.parts.signed.put(signature.digest, Buffer.from(bytes.slice(2), "hex"));
  await wallet.commit([{ kind: "signed", body: { key, transactions: [], signature } }], await wallet.steadyNow());
  wallet.crash("after-commit");
}

/**
 * An outcome with what was signed in it, for whoever asked for that: while it is live, and while nothing is stopped, for
 * what a crash has kept back shall not come out after a kill.
 */
export async function withSignature(wallet: WalletContext, outcome: Outcome): Promise<Outcome> {
  if (outcome.kind !== "open" || wallet.state.stopped !== null) return outcome;
  const request = wallet.request(outcome.key);
  const kept = isSignedMessage(request) ? await wallet.parts.signed.get(request.signature.digest) : undefined;
  if (kept === undefined) return outcome;
  return { ...outcome, signature: `0x${Buffer.from(kept).toString("hex")}` satisfies Hex };
}
