import { HOUR, type Instant } from "../../../core/clock.ts";
import type { ChainLabel } from "../../../protocols/effects.ts";
import type { WalletContext } from "../../wallet-context.ts";

/** How long a refusal stands before it is tried again: what the venue wants for it comes by trading. */
const AGAIN_AFTER = HOUR;

/**
 * Has an exchange cancel everything that rests, unless another cycle comes in time. The mandate asks for it; each cycle of
 * the agent puts it off, and what the venue refuses is said once and stops nothing.
 */
export class DeadManSwitch {
  readonly #refused = new Map<ChainLabel, { readonly reason: string; readonly at: Instant }>();

  /** Opens a cycle, and puts the switch off for as long as the mandate says. */
  async keptBy<T>(wallet: WalletContext, open: () => Promise<T>): Promise<T> {
    const opened = await open();
    for (const label of wallet.parts.exchanges.keys()) await this.#arm(wallet, label);
    return opened;
  }

  async #arm(wallet: WalletContext, label: ChainLabel): Promise<void> {
    const rail = wallet.parts.exchanges.get(label);
    const span = rail?.book.dead_man_switch;
    if (rail === undefined || span === undefined) return;
    const now = await wallet.now();
    const before = this.#refused.get(label);
    if (before !== undefined && now < before.at + AGAIN_AFTER) return;
    const nonce = Math.max(now, wallet.state.nonces[label] ?? 0);
    const until = now + span;
    const signed = await rail.sign({ type: "scheduleCancel", time: until }, { id: `armed ${nonce}`, nonce, now });
    const body = { chain: label, hash: signed.hash, nonce, until };
    await wallet.commit([{ kind: "armed", body }], now);
    const answer = await rail.submit(signed.bytes);
    if (answer === null) return;
    if (answer.kind !== "refused") {
      this.#refused.delete(label);
      return;
    }
    const { reason } = answer;
    if (before?.reason !== reason) await wallet.commit([{ kind: "armed", body: { ...body, refused: reason } }], now);
    this.#refused.set(label, { reason, at: now });
  }
}
