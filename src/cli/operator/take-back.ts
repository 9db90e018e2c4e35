import { isoTime } from "../../core/clock.ts";
import type { Operator } from "../../gateway/operator/operator.ts";
import type { LiveSignature } from "../../gateway/operator/orders.ts";
import { takeBackActions } from "../../gateway/operator/take-back.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { Output } from "../output.ts";

/** Ends messages that are live where that can be done, and says of each that is left until when it can be used. */
export async function takeBack(
  operator: Pick<Operator, "exit" | "standing">,
  output: Pick<Output, "say">,
  { terms }: Pick<Mandate, "terms">,
): Promise<void> {
  const { signatures } = await operator.standing();
  if (signatures.length === 0) return;
  const [account = "wallet"] = Object.keys(terms.accounts);
  // A message may have been used meanwhile: what is refused or reverts then is no harm.
  for (const { action } of takeBackActions(signatures, terms.book, account)) await operator.exit([action]);
  const { signatures: left } = await operator.standing();
  const ended = signatures.length - left.length;
  if (ended > 0) output.say(`took back ${ended} signature${ended === 1 ? "" : "s"}`);
  for (const one of left) output.say(`cannot take back ${inWords(one)}; it ends at ${isoTime(one.until)}`);
}

function inWords({ type, amounts, spender }: LiveSignature): string {
  const what = amounts.map(({ asset, amount }) => `${amount} ${asset}`).join(" and ");
  return `the ${type} of ${what} to ${spender}`;
}
