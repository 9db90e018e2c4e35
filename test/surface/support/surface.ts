import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { DAY } from "../../../src/core/clock.ts";
import { type Decimal, max, sum, ZERO } from "../../../src/core/decimal.ts";
import { startJsonRpc } from "../../../src/gateway/json-rpc/start-json-rpc.ts";
import { worstCase } from "../../../src/mandate/worst-case.ts";
import type { WorstFigure } from "../../../src/mandate/worst-figure.ts";
import { mcpServer } from "../../../src/tools/mcp/mcp-server.ts";
import { serveMcpHttp } from "../../../src/tools/mcp/serve-mcp-http.ts";
import { resultSchema, type ToolResult } from "../../../src/tools/tool-result.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { pinnedPrice, startArena, truePrice } from "../../attack/support/accomplice.ts";
import { holds } from "../../attack/support/holds.ts";
import { lostBetween, type Possessions, possessionsOf, worthOf } from "../../attack/support/possessions.ts";
import { FULL_BOOK } from "../../effects/support/full-book.ts";
import { call, type RpcAnswer } from "../../json-rpc/support/endpoint.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type RpcProxy, startRpcProxy } from "../../support/rpc-proxy.ts";
import { toolsIn } from "../../tools/support/tool-house.ts";

export type SurfaceDoor = "desk" | "mcp";
const TOKEN = "the-token-of-a-test";

/** A gateway with every surface that an agent has on it, and a market that an accomplice may move. */
export interface Surface extends AsyncDisposable {
  readonly world: EvmWorld;
  readonly house: House;
  readonly proxy: RpcProxy;
  /** Where the gateway answers JSON-RPC. */
  readonly socket: string;
  /** Calls a tool, and holds its answer to the envelope and to the tool's own output schema. */
  call(door: SurfaceDoor, name: string, args: Readonly<Record<string, unknown>>): Promise<ToolResult>;
  ask(method: string, ...params: readonly unknown[]): Promise<RpcAnswer>;
  /** Counts what is gone at fair prices since the last look, and holds it to the printed figures. What was lost in all. */
  account(): Promise<Decimal>;
}

export async function openSurface(limits: Readonly<Record<string, unknown>>): Promise<Surface> {
  const stack = new AsyncDisposableStack();
  try {
    const world = stack.adopt(await startArena(), (at) => at.stop());
    const proxy = stack.use(await startRpcProxy(world.url));
    const house = stack.use(await openHouse({ world, endpoint: proxy.url, limits, book: FULL_BOOK }));
    const tools = toolsIn(house);
    const { desk, context } = tools;
    const makeServer = () => mcpServer({ desk, context, version: "0" });
    const serving = stack.adopt(await serveMcpHttp({ makeServer, token: TOKEN, port: 0 }), (one) => one.stop());
    const client = stack.adopt(new Client({ name: "a test", version: "0" }), (one) => one.close());
    const requestInit = { headers: { authorization: `Bearer ${TOKEN}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(serving.url), { requestInit }) as Transport);
    // From here on it holds every answer to the schema that was listed.
    await client.listTools();
    const socket = join(house.home, "surface.sock");
    stack.adopt(
      await startJsonRpc({
        ...house.opened,
        config: { socket },
        home: house.home,
        terms: house.mandate.terms,
        now: async () => Math.max(await world.clock.now(), house.opened.stream.state.at),
        clock: world.clock,
        endpoints: { base: world.url },
        onError: () => undefined,
      }),
      (one) => one.stop(),
    );
    const ledger = new Ledger(house, await possessionsOf(house));
    const schemas = new Map(desk.listed(context).map((tool) => [tool.name, resultSchema(tool.output)]));
    const opened = stack.move();
    return {
      ...{ world, house, proxy, socket },
      async call(door, name, args) {
        const result =
          door === "desk"
            ? await tools.call(name, args)
            : ((await client.callTool({ name, arguments: { ...args } })).structuredContent as unknown as ToolResult);
        schemas.get(name)?.parse(result);
        return result;
      },
      ask: (method, ...params) => call({ socket }, method, ...params),
      account: () => ledger.look(),
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** What a wallet lost, look by look, held to what its mandate prints. */
class Ledger {
  readonly #house: House;
  readonly #losses: { readonly at: number; readonly usd: Decimal }[] = [];
  #seen: Possessions;
  #high = ZERO;

  constructor(house: House, seen: Possessions) {
    this.#house = house;
    this.#seen = seen;
  }

  async look(): Promise<Decimal> {
    const house = this.#house;
    const { world, mandate } = house;
    const held = await possessionsOf(house);
    this.#high = max(this.#high, worthOf(house, held, pinnedPrice), worthOf(house, held, truePrice));
    const usd = max(ZERO, lostBetween(house, this.#seen, held, truePrice));
    this.#seen = held;
    const at = await world.clock.now();
    this.#losses.push({ at, usd });
    const printed = worstCase(mandate.terms, { value_usd: this.#high });
    const since = (from: number) => sum(this.#losses.filter((one) => one.at > from).map((one) => one.usd));
    within("one call", usd, printed.per_trade);
    within("a day", since(at - DAY), printed.per_day);
    within("in all", since(Number.NEGATIVE_INFINITY), printed.in_all);
    return since(Number.NEGATIVE_INFINITY);
  }
}

function within(what: string, lost: Decimal, { total_usd }: WorstFigure): void {
  holds(total_usd !== "unbounded", `${what} has no printed bound`);
  holds(total_usd === "unbounded" || lost.lte(total_usd), `${what} lost ${lost.toFixed(2)} of ${String(total_usd)}`);
}
