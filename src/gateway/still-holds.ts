import { type Instant, MINUTE } from "../core/clock.ts";
import { GatewayError } from "./gateway-error.ts";
import type { WalletContext } from "./wallet-context.ts";

/** Longest that a judgment holds: as long as the deadlines in what it judges. A slow node's reads take less. */
const HOLDS = 5 * MINUTE;

/**
 * Refuses to sign by a judgment of long ago: a machine that slept or was held up in the middle would sign at prices, hours
 * and grants that are over. A world's time passes between requests alone.
 *
 * @throws {GatewayError} CHAIN_UNREACHABLE, STOPPED
 */
export async function requireStillHolds(wallet: WalletContext, judgedAt: Instant): Promise<void> {
  if (!wallet.parts.time.passes) return;
  const { stopped } = wallet.state;
  const now = await wallet.now();
  if (now - judgedAt > HOLDS) {
    throw new GatewayError("CHAIN_UNREACHABLE", "what was read of the chain is old by now; nothing was signed", {
      remedy: "Ask again.",
    });
  }
  if (wallet.state.stopped === stopped) return;
  throw new GatewayError("STOPPED", wallet.state.stopped?.reason ?? "the clock is believed again", { remedy: "Ask again." });
}
