import { type Clock, SECOND, systemClock } from "../../core/clock.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { DEFAULT_PAPER_FUNDS, paperFunds } from "../../worlds/rehearsal/rehearsal-account.ts";
import { homeOf } from "../home.ts";
import { worldClock } from "../world/world-clock.ts";

/** Where an agent runs: its time, and the world's endpoint where it is one. */
export interface RunPlace extends AsyncDisposable {
  readonly clock: Clock;
  /** Left out: a real network. */
  readonly url?: string;
  /** Writes a world of one's own down. */
  keep(): Promise<void>;
}

export interface RunPlaceOptions {
  readonly file: string;
  readonly home?: string | undefined;
  /** Where a world runs already. */
  readonly world?: string | undefined;
}

/**
 * The place of a run: the machine's time on a real network, a world's where one is named, and for an exchange that is a
 * world without one, a paper exchange of the mandate's own, which is kept in its home and whose time is the machine's.
 */
export async function openRunPlace(mandate: Mandate, { file, home, world }: RunPlaceOptions): Promise<RunPlace> {
  const nothing = { keep: async () => undefined, [Symbol.asyncDispose]: async () => undefined };
  if (!mandate.rehearsal) return { ...nothing, clock: systemClock };
  if (world !== undefined) return { ...nothing, clock: worldClock(mandate, world), url: world };
  if (mandate.terms.venue !== "hyperliquid") return { ...nothing, clock: systemClock };
  const [{ openKeptExchange }, { hyperliquidScope }] = await Promise.all([
    import("../tools/kept-exchange.ts"),
    import("../../venues/hyperliquid/scope-of.ts"),
  ]);
  const { id, network } = mandate.terms;
  const kept = await openKeptExchange(homeOf({ file, id, network, home }), {
    funds: paperFunds(DEFAULT_PAPER_FUNDS, hyperliquidScope(mandate)),
  });
  const stop = new AbortController();
  const passing = passTime(kept, stop.signal);
  return {
    url: kept.url,
    clock: worldClock(mandate, kept.url),
    keep: () => kept.keep(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await passing;
      await kept.keep();
      await kept[Symbol.asyncDispose]();
    },
  };
}

async function passTime(world: { catchUp(): Promise<void> }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep((await systemClock.now()) + SECOND, signal);
    if (!signal.aborted) await world.catchUp();
  }
}
