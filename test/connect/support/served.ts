import { Agent } from "node:http";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { type GatewayClient, gatewayClient } from "../../../src/gateway/client.ts";
import { type Serving, serveGateway } from "../../../src/gateway/serve/server.ts";
import { addToken, tokenChecker } from "../../../src/gateway/tokens/agent-tokens.ts";
import { WalletReads } from "../../../src/gateway/wallet-reads.ts";
import { type House, type HouseOptions, openHouse } from "../../support/house.ts";
import { CERT, KEY } from "./certificate.ts";

export interface Served extends AsyncDisposable {
  readonly house: House;
  readonly wallet: string;
  readonly socket: string;
  /** Port with TLS. */
  readonly port: number;
  /** Port of loopback without. */
  readonly plainPort: number;
  readonly token: string;
  readonly local: GatewayClient;
  readonly remote: GatewayClient;
  /** Stops serving; the house stays. */
  stop(): Promise<void>;
  /** What was reported as a failure without an answer. */
  readonly failures: readonly unknown[];
}

export interface ServedOptions extends HouseOptions {
  readonly patience?: number;
  /** A house to serve, which is not closed with the servings. */
  readonly house?: House;
}

/** A house whose gateway serves on a unix socket, on TLS and on plain loopback. */
export async function openServed({ patience, house: given, ...options }: ServedOptions = {}): Promise<Served> {
  const house = given ?? (await openHouse(options));
  const { gateway, wallet } = house.opened;
  const token = addToken(house.home, "tester", 0);
  const failures: unknown[] = [];
  const common = {
    gateway,
    reads: new WalletReads(house.opened),
    ownerOf: tokenChecker(house.home),
    onError: (_call: string, error: unknown) => failures.push(error),
    ...(patience === undefined ? {} : { patience }),
  };
  const socket = join(house.home, "g.sock");
  const servings: Serving[] = [
    await serveGateway({ ...common, listen: { socket } }),
    await serveGateway({ ...common, listen: { host: "127.0.0.1", port: 0, tls: { cert: CERT, key: KEY } } }),
    await serveGateway({ ...common, listen: { host: "127.0.0.1", port: 0 } }),
  ];
  const [port = 0, plainPort = 0] = servings.flatMap((serving) => (serving.port === null ? [] : [serving.port]));
  const local = gatewayClient(socket);
  const remote = gatewayClient({ url: `https://localhost:${port}`, token, ca: CERT });
  const stop = async () => {
    for (const serving of servings.splice(0)) await serving.stop();
  };
  return {
    house,
    wallet,
    socket,
    port,
    plainPort,
    token,
    local,
    remote,
    failures,
    stop,
    async [Symbol.asyncDispose]() {
      local.close();
      remote.close();
      await stop();
      if (!given) await house[Symbol.asyncDispose]();
    },
  };
}

/** The real clients, over the unix socket and over TLS, by name. */
export function transports({ socket, port, token }: Served): Readonly<Record<string, Transport>> {
  const bearer: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const unix = { baseUrl: "http://localhost", interceptors: [] };
  const h1 = { httpVersion: "1.1" as const, nodeOptions: { socketPath: socket, agent: new Agent() } };
  const h2 = {
    httpVersion: "2" as const,
    nodeOptions: { createConnection: () => connectSocket(socket) },
    idleConnectionTimeoutMs: 100,
  };
  const tls = { baseUrl: `https://localhost:${port}`, interceptors: [bearer] };
  const tls1 = { httpVersion: "1.1" as const, nodeOptions: { ca: CERT } };
  const tls2 = { httpVersion: "2" as const, nodeOptions: { ca: CERT }, idleConnectionTimeoutMs: 100 };
  return {
    "Connect, HTTP/1.1, unix": createConnectTransport({ ...unix, ...h1, useBinaryFormat: true }),
    "Connect, HTTP/2, unix": createConnectTransport({ ...unix, ...h2, useBinaryFormat: true }),
    "Connect, HTTP/2, TLS": createConnectTransport({ ...tls, ...tls2, useBinaryFormat: true }),
    "gRPC, unix": createGrpcTransport({ ...unix, nodeOptions: h2.nodeOptions, idleConnectionTimeoutMs: 100 }),
    "gRPC, TLS": createGrpcTransport({ ...tls, nodeOptions: { ca: CERT }, idleConnectionTimeoutMs: 100 }),
    "gRPC-web, HTTP/1.1, unix": createGrpcWebTransport({ ...unix, ...h1 }),
    "gRPC-web, HTTP/1.1, TLS": createGrpcWebTransport({ ...tls, ...tls1 }),
    "gRPC-web, HTTP/2, TLS": createGrpcWebTransport({ ...tls, ...tls2 }),
  };
}
