import { type Instant, isoTime, MINUTE } from "../core/clock.ts";
import type { ChainLabel } from "../protocols/effects.ts";
import { RpcError } from "../protocols/json-rpc.ts";
import { GatewayStartError } from "./gateway-start-error.ts";
import type { EvmRail } from "./rails/evm/evm-rail.ts";
import type { TimeSource } from "./steady-time.ts";

/**
 * What is held on one chain can go home while another's node is dead: a later start does without those that do not answer,
 * as long as one does. All are asked at once, so that several which hang take no longer than one.
 *
 * @returns chains that did not answer.
 */
export async function checkChains(
  rails: ReadonlyMap<ChainLabel, EvmRail>,
  { first }: { readonly first: boolean },
): Promise<ReadonlySet<ChainLabel>> {
  const failed = (await Promise.all([...rails].map(([chain, rail]) => failureOf(chain, rail)))).flat();
  const lasting = failed.find(({ error }) => first || failed.length === rails.size || !(error instanceof RpcError));
  if (lasting) throw lasting.error;
  return new Set(failed.map(({ chain }) => chain));
}

async function failureOf(
  chain: ChainLabel,
  rail: EvmRail,
): Promise<readonly { readonly chain: ChainLabel; readonly error: unknown }[]> {
  try {
    const id = await rail.chainId();
    if (id === rail.book.id) return [];
    throw new GatewayStartError("WRONG_CHAIN", `the endpoint of ${chain} is chain ${id}, the book says ${rail.book.id}`, {
      remedy: "Correct the chain's id or rpc in the book.",
    });
  } catch (error) {
    return [{ chain, error }];
  }
}

/** What is written with a wrong clock stays in the journal: nothing is, before the chains and the last entry agree with it. */
export async function checkClock(rails: ReadonlyMap<ChainLabel, EvmRail>, clock: TimeSource, last: Instant): Promise<void> {
  // A world's time is its own.
  if (clock.elapsed === undefined) return;
  const now = await clock.now();
  const problems = (await Promise.all([...rails.values()].map((rail) => rail.clockProblems(now)))).flat();
  const behind = now < last - MINUTE ? [`it is ${isoTime(now)}, and the journal's last entry is of ${isoTime(last)}`] : [];
  const [wrong] = [...problems.map(({ what }) => what), ...behind];
  if (wrong === undefined) return;
  throw new GatewayStartError("CLOCK_WRONG", `the clock does not agree with the chain or the journal: ${wrong}`, {
    remedy: "Set the machine's clock right. If it is right, the node is behind: use another.",
  });
}
