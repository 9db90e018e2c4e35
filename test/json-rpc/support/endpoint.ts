import { request as httpRequest } from "node:http";
import type { Clock } from "../../../src/core/clock.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { type JsonRpcConfig, type RunningJsonRpc, startJsonRpc } from "../../../src/gateway/json-rpc/start-json-rpc.ts";
import { addToken } from "../../../src/gateway/tokens/agent-tokens.ts";
import { type House, type HouseOptions, openHouse } from "../../support/house.ts";

export interface Endpoint extends AsyncDisposable {
  readonly house: House;
  readonly rpc: RunningJsonRpc;
  readonly port: number;
  readonly token: string;
  /** The URL of the chain "base", token included: all that cast is told. */
  readonly url: string;
  /** What was reported as a failure without an answer. */
  readonly failures: readonly unknown[];
}

export interface EndpointOptions extends HouseOptions {
  readonly rpc?: Partial<JsonRpcConfig>;
  readonly rates?: Pick<Clock, "now">;
  readonly patience?: number;
}

/** A house whose gateway serves JSON-RPC on a free port of loopback. */
export async function openEndpoint(options: EndpointOptions = {}): Promise<Endpoint> {
  const house = await openHouse({ ...options, limits: { allowed_tokens: ["WETH", "USDC", "ETH"], ...options.limits } });
  const failures: unknown[] = [];
  const token = addToken(house.home, "tester", 0);
  const { opened, mandate, world } = house;
  const rpc = await startJsonRpc({
    ...opened,
    config: { port: 0, ...options.rpc },
    home: house.home,
    terms: mandate.terms,
    now: async () => Math.max(await world.clock.now(), opened.stream.state.at),
    clock: options.rates ?? systemClock,
    endpoints: { base: options.endpoint ?? world.url },
    onError: (_what, error) => failures.push(error),
    ...(options.patience === undefined ? {} : { patience: options.patience }),
  });
  const port = rpc.servings.find((serving) => serving.port !== null)?.port ?? 0;
  return {
    house,
    rpc,
    port,
    token,
    url: `http://127.0.0.1:${port}/${token}/rpc/base`,
    failures,
    async [Symbol.asyncDispose]() {
      await rpc.stop();
      await house[Symbol.asyncDispose]();
    },
  };
}

export interface RpcAnswer {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface Posted {
  readonly status: number;
  readonly text: string;
  readonly body: RpcAnswer;
}

export interface PostOptions {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Where = Pick<Endpoint, "port" | "token"> | { readonly socket: string };

/** Posts bytes as they are. On TCP it brings the endpoint's own token, unless the path or a header says otherwise. */
export function postRaw(
  where: Where,
  text: string,
  { path = "/rpc/base", method = "POST", headers = {} }: PostOptions = {},
): Promise<Posted> {
  const to = "socket" in where ? { socketPath: where.socket } : { host: "127.0.0.1", port: where.port };
  const bearer = "token" in where && path === "/rpc/base" ? { authorization: `Bearer ${where.token}` } : {};
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { ...to, path, method, headers: { "content-type": "application/json", ...bearer, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString("utf8");
          resolve({
            status: response.statusCode ?? 0,
            text: answer,
            body: (answer === "" ? {} : JSON.parse(answer)) as RpcAnswer,
          });
        });
      },
    );
    request.on("error", reject);
    request.end(text);
  });
}

/** One call; its answer. */
export async function call(where: Where, method: string, ...params: readonly unknown[]): Promise<RpcAnswer> {
  return (await postRaw(where, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }))).body;
}
