import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Instant, MINUTE, SECOND, systemClock } from "../../core/clock.ts";
import type { PaperExchange } from "../../worlds/paper-exchange/start-paper-exchange.ts";
import type { PaperFunds } from "../../worlds/rehearsal/fund-account.ts";
import { openRehearsalAccount } from "../../worlds/rehearsal/rehearsal-account.ts";
import { openPaperExchange, savePaperExchange } from "../world/open-paper-exchange.ts";
import type { KeptWorld } from "./kept-world.ts";

const STATE_FILE = "paper.json";

export interface KeptExchangeOptions {
  /** What the account begins with. */
  readonly funds: PaperFunds;
  /** The machine's time. */
  readonly now?: () => Promise<Instant>;
}

/**
 * The paper exchange of a home: made at the first call, and from then on as the last call left it, with the time since
 * then gone by. So a journal in the same home fits it.
 *
 * @param home - made when it is not there.
 */
export async function openKeptExchange(home: string, { funds, now = systemClock.now }: KeptExchangeOptions): Promise<KeptWorld> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const state = join(home, STATE_FILE);
  const isNew = !existsSync(state);
  const here = Math.floor((await now()) / SECOND) * SECOND;
  const paper = await openPaperExchange({ port: 0, seed: "1", accounts: 0, usdc: 1, step: MINUTE, start: here, state });
  const world = new LocalKeptExchange(paper, state, now);
  try {
    if (isNew) await openRehearsalAccount(paper, funds);
    await world.catchUp();
    return world;
  } catch (error) {
    await paper.stop();
    throw error;
  }
}

class LocalKeptExchange implements KeptWorld {
  readonly url: string;
  readonly clock: KeptWorld["clock"];
  readonly #paper: PaperExchange;
  readonly #state: string;
  readonly #now: () => Promise<Instant>;

  constructor(paper: PaperExchange, state: string, now: () => Promise<Instant>) {
    this.#paper = paper;
    this.#state = state;
    this.#now = now;
    this.url = paper.http;
    this.clock = paper.clock;
  }

  /** Its time is the machine's, except where somebody's waiting has taken it ahead. */
  async catchUp(): Promise<void> {
    await this.#paper.advance(await this.#now());
  }

  keep(): Promise<void> {
    return savePaperExchange(this.#paper, this.#state);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#paper.stop();
  }
}
