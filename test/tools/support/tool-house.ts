import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolSession } from "../../../src/agent/tool-session.ts";
import { rpcClient } from "../../../src/protocols/json-rpc.ts";
import { EVM_TOOLS } from "../../../src/tools/evm/evm-tools.ts";
import { fileStateStore } from "../../../src/tools/file-state-store.ts";
import { feedRounds } from "../../../src/tools/history/feed-rounds.ts";
import type { ToolContext } from "../../../src/tools/tool-context.ts";
import { ToolDesk } from "../../../src/tools/tool-desk.ts";
import type { ToolResult } from "../../../src/tools/tool-result.ts";
import { evmVenue } from "../../../src/venues/evm/evm-venue.ts";
import type { EvmIntent } from "../../../src/venues/evm/intents.ts";
import type { EvmObservation } from "../../../src/venues/evm/observation.ts";
import { FULL_BOOK } from "../../effects/support/full-book.ts";
import { type House, type HouseOptions, openHouse } from "../../support/house.ts";

export interface ToolHouse extends AsyncDisposable {
  readonly house: House;
  readonly context: ToolContext<EvmIntent, EvmObservation>;
  readonly desk: ToolDesk<EvmIntent, EvmObservation>;
  call(name: string, args?: unknown): Promise<ToolResult>;
  /** The gateway anew on the same journal, and a new session on it. */
  restart(): Promise<void>;
}

/** A world, a gateway in it, and every typed tool of the evm venue. */
export async function openToolHouse(options: HouseOptions = {}): Promise<ToolHouse> {
  const house = await openHouse({ book: FULL_BOOK, ...options });
  const tools = toolsIn(house);
  return Object.assign(tools, {
    async [Symbol.asyncDispose]() {
      rmSync(tools.folder, { recursive: true, force: true });
      await house[Symbol.asyncDispose]();
    },
  });
}

/** Every typed tool, on a house that somebody else closes. `url`: where they reach the chain, if not at the world itself. */
export function toolsIn(house: House, url = house.world.url) {
  const { mandate, world } = house;
  const rpcs = { base: rpcClient(url) };
  const venue = evmVenue({ mandate, rpcs, clock: world.clock });
  const folder = mkdtempSync(join(tmpdir(), "mandate-tools-"));
  const store = fileStateStore(join(folder, "state.json"));
  const session = () =>
    toolSession({
      mandate,
      venue,
      gateway: house.opened.gateway,
      wallet: house.opened.wallet,
      clock: world.clock,
      history: feedRounds({ terms: mandate.terms, rpcs, clock: world.clock }),
      store,
    });
  let context = session();
  const desk = new ToolDesk({ tools: EVM_TOOLS });
  return {
    house,
    folder,
    desk,
    get context() {
      return context;
    },
    call: (name: string, args: unknown = {}) => desk.call(name, args, context),
    async restart() {
      await house.restart();
      context = session();
    },
  };
}
