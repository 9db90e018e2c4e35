import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { fromJson, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Hash, Hex } from "../../../src/core/hex.ts";
import { type GatewayClient, gatewayClient } from "../../../src/gateway/client.ts";
import type { Outcome, Request } from "../../../src/gateway/contract.ts";
import { type RunningJsonRpc, startJsonRpc } from "../../../src/gateway/json-rpc/start-json-rpc.ts";
import { Execution } from "../../../src/gateway/proto/mandate/v1/execution-pb.ts";
import { OutcomeSchema } from "../../../src/gateway/proto/mandate/v1/standing-pb.ts";
import { type Serving, serveGateway } from "../../../src/gateway/serve/server.ts";
import { WalletReads } from "../../../src/gateway/wallet-reads.ts";
import { call, postRaw, type RpcAnswer } from "../../json-rpc/support/endpoint.ts";
import type { House } from "../../support/house.ts";
import { holds } from "./holds.ts";
import type { Door } from "./moves.ts";

/** What came of a request, as far as its door tells. */
export interface Answer {
  readonly kind: Outcome["kind"];
  readonly key: Hash | null;
  /** Of a message. */
  readonly signature?: Hex;
}

interface Served {
  readonly served: Serving;
  readonly client: GatewayClient;
  readonly path: string;
}

/** The ways into a gateway, each opened when it is first used. */
export class Doors implements AsyncDisposable {
  readonly #house: House;
  readonly failures: unknown[] = [];
  #serving: Promise<Served> | null = null;
  #rpc: Promise<{ readonly running: RunningJsonRpc; readonly path: string }> | null = null;
  #opened = 0;

  constructor(house: House) {
    this.#house = house;
  }

  async request(door: Door, request: Request): Promise<Answer> {
    const { gateway } = this.#house.opened;
    if (door === "typed") return gateway.request(request);
    if (door === "socket") return (await this.#served()).client.request(request);
    if (door === "grpc") return this.#grpc(request);
    return this.#sends(request);
  }

  /** A client that nobody else has: of another agent's process, as far as a gateway can tell. Whoever asks for it closes it. */
  async stranger(): Promise<GatewayClient> {
    return gatewayClient((await this.#served()).path);
  }

  /** One JSON-RPC message, and its answer. */
  async ask(method: string, ...params: readonly unknown[]): Promise<RpcAnswer> {
    this.#rpc ??= this.#openRpc();
    return call({ socket: (await this.#rpc).path }, method, ...params);
  }

  /** Several calls in one message, and their answers. */
  async askAll(calls: readonly (readonly [method: string, params: readonly unknown[]])[]): Promise<readonly RpcAnswer[]> {
    this.#rpc ??= this.#openRpc();
    const { path } = await this.#rpc;
    const messages = calls.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params }));
    const { body } = await postRaw({ socket: path }, JSON.stringify(messages));
    return Array.isArray(body) ? (body as readonly RpcAnswer[]) : [body];
  }

  /** A wallet that knows one call a message and stops at the first that is refused. */
  async #sends({ actions }: Request): Promise<Answer> {
    let kind: Outcome["kind"] = "refused";
    for (const action of actions) {
      if (!("call" in action)) {
        const said = await this.ask("eth_signTypedData_v4", this.#address, "typedData" in action ? action.typedData : "{}");
        if (said.error !== undefined) return { kind, key: null };
        return { kind: "open", key: null, signature: said.result as Hex };
      }
      const { to, data, value } = action.call;
      const sent = { from: this.#address, to, data, value: `0x${value.toString(16)}` };
      const { result, error } = await this.ask("eth_sendTransaction", sent);
      holds((result === undefined) !== (error === undefined), "a send was answered by both a hash and an error, or by neither");
      if (error) return { kind, key: null };
      kind = "open";
    }
    return { kind, key: null };
  }

  get #address(): string {
    return this.#house.opened.wallet.slice("wallet:".length);
  }

  async #grpc(request: Request): Promise<Answer> {
    const { path } = await this.#served();
    const transport = createGrpcTransport({
      baseUrl: "http://localhost",
      nodeOptions: { createConnection: () => connectSocket(path) },
      idleConnectionTimeoutMs: 50,
    });
    const { wallet, lease, cycle, step, actions } = request;
    const messages = actions.map((action) => {
      const common = { rail: action.rail, chain: "chain" in action ? action.chain : "", from: action.from };
      if ("call" in action) {
        return { ...common, what: { case: "call" as const, value: { ...action.call, value: action.call.value.toString() } } };
      }
      return { ...common, what: { case: "typedData" as const, value: "typedData" in action ? action.typedData : "" } };
    });
    const outcome = await createClient(Execution, transport).request({ wallet, lease, cycle, step, actions: messages });
    // As JSON and back: what it says must be readable again.
    const { kind, key, signature } = fromJson(OutcomeSchema, toJson(OutcomeSchema, outcome));
    return { kind: kind as Outcome["kind"], key, ...(signature === undefined ? {} : { signature: signature as Hex }) };
  }

  #served(): Promise<Served> {
    this.#serving ??= this.#serve();
    return this.#serving;
  }

  async #serve(): Promise<Served> {
    const path = join(this.#house.home, `g${++this.#opened}.sock`);
    const served = await serveGateway({
      gateway: this.#house.opened.gateway,
      reads: new WalletReads(this.#house.opened),
      listen: { socket: path },
      onError: (_call, error) => this.failures.push(error),
    });
    return { served, client: gatewayClient(path), path };
  }

  async #openRpc() {
    const { opened, mandate, world, home } = this.#house;
    const path = join(home, `r${++this.#opened}.sock`);
    const running = await startJsonRpc({
      ...opened,
      config: { socket: path },
      home,
      terms: mandate.terms,
      now: async () => Math.max(await world.clock.now(), opened.stream.state.at),
      clock: world.clock,
      endpoints: { base: world.url },
      onError: (_method, error) => this.failures.push(error),
    });
    return { running, path };
  }

  /** Closes all that was opened: another gateway may stand behind them the next time. */
  async close(): Promise<void> {
    const [serving, rpc] = [await this.#serving, await this.#rpc];
    [this.#serving, this.#rpc] = [null, null];
    serving?.client.close();
    await serving?.served.stop();
    await rpc?.running.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
