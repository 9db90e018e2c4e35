import type { Instant } from "../core/clock.ts";
import type { WalletState } from "../journal/fold-wallet.ts";
import { permitStatus } from "../journal/permits.ts";
import type { HeldPermit } from "./contract.ts";

/** What an agent is told of its questions: those that wait, and the grants that it can still use. */
export function heldPermits({ permits }: WalletState, now: Instant): readonly HeldPermit[] {
  return [...permits.values()].flatMap((held): HeldPermit[] => {
    const status = permitStatus(held, now);
    if (status !== "open" && status !== "granted") return [];
    const { permit, key, calls, expires } = held.asked;
    return [{ id: permit, key, status, calls, until: held.answer?.until ?? expires, wish: held.wish }];
  });
}
