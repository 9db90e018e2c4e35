import { once } from "node:events";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { UsageError } from "../../core/errors.ts";
import type { JsonRpcConfig } from "../../gateway/json-rpc/start-json-rpc.ts";
import type { GatewayConfig, RunningGateway } from "../../gateway/serve/run-gateway.ts";
import type { RunningHouse } from "../../gateway/serve/run-house.ts";
import type { ListenConfig } from "../../gateway/serve/tcp-listen.ts";
import { examples } from "../examples.ts";
import { type GlobalOptions, type Output, outputOf } from "../output.ts";
import { eachOf } from "../run/each-of.ts";
import { collect, GO_LIVE, houseOptions, type LiveOptions } from "../run/live-options.ts";
import { wholeNumber } from "../whole-number.ts";

interface GatewayOptions extends Omit<LiveOptions, "keystore" | "passwordFile"> {
  readonly keystore?: readonly string[];
  readonly passwordFile?: readonly string[];
  readonly socket?: readonly string[];
  readonly group?: boolean;
  readonly operatorSocket?: string;
  readonly listen?: readonly string[];
  readonly operatorKey?: readonly string[];
  readonly goLive?: readonly string[];
  readonly house?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly rpc?: string | true;
  readonly rpcPort?: number;
  readonly tcp?: boolean;
}

export function gatewayCommand(): Command {
  const command = new Command("gateway")
    .summary("the process that alone holds the keys and signs what the mandates allow")
    .description(
      "Serve a mandate's wallet on a unix socket: judge, sign, send, settle. Run it as a user of its own, apart from the agent's; the agent then needs no key: mandate run FILE --gateway SOCKET --gateway-token-file TOKEN. Several mandates are a house: one process and one journal, so that they can share a budget; each has its own key, sockets and tokens.",
    )
    .argument("<files...>", "the mandate, or several")
    .option("--socket <path>", "where to listen (default: gateway.sock in the mandate's state); once for each mandate", collect)
    .option(
      "--group",
      "let the socket's group open it too, that of its folder where that is setgid; each call there then takes a token",
    )
    .option(
      "--listen <host:port>",
      "serve on TCP too, with tokens; port 0 is any free one. Beyond loopback it takes TLS. Once for each mandate, or port 0 for all",
      collect,
    )
    .option("--tls-cert <file>", "the certificate chain for --listen, as PEM")
    .option("--tls-key <file>", "the certificate's key, as PEM")
    .option("--rpc [socket]", "serve Ethereum JSON-RPC too, on a unix socket (default: rpc.sock in the mandate's state)")
    .option("--rpc-port <port>", "serve Ethereum JSON-RPC on this port of loopback, with tokens; 0 is any free port", wholeNumber)
    .option("--tcp", "the same as --rpc-port 0")
    .option(
      "--operator-key <file>",
      "the operator's key, private or public half; made where there is none. Needed at the first start with real money, and pinned. Once for each mandate, or for all",
      collect,
    )
    .option(
      "--operator-socket <path>",
      "hear the operator here, for the group of the folder too (default: operator.sock beside the journal, for this user alone)",
    )
    .option("--go-live <file>", `${GO_LIVE}. Once for each mandate`, collect)
    .option("--house <dir>", "folder of the journal that several mandates share (default: _house in the first one's state)");
  return houseOptions(command)
    .addHelpText(
      "after",
      examples([
        [
          "mandate gateway MANDATE.md --keystore key.json --password-file pw --live --operator-key operator.key",
          "serve the wallet until it is stopped, for the first time",
        ],
        ["mandate gateway MANDATE.md --keystore key.json --live --listen 127.0.0.1:8443", "for agents over TCP, with tokens"],
        ["mandate gateway MANDATE.md --keystore key.json --live --rpc-port 8545", "for cast and other wallets' clients too"],
        [
          "mandate gateway A.md B.md --keystore a.json --keystore b.json --live",
          "two agents on one journal, with a shared budget",
        ],
      ]),
    )
    .action(async (files: readonly string[], options: GatewayOptions, self: Command) => {
      const output = outputOf(self);
      const [{ createLog }, { interrupted }] = await Promise.all([import("../log.ts"), import("../interrupted.ts")]);
      const configs = await configsOf(output, files, options);
      const log = createLog(self.optsWithGlobals<GlobalOptions>());
      const onError = (what: string, error: unknown) => log.error({ what, error: String(error) }, "a call failed");
      const running = await startAll(configs, options, onError);
      // Whoever reads that it serves may stop it at once.
      const stopping = interrupted();
      for (const gateway of running.gateways) tell(output, gateway);
      for (const [i, { group, listen, rpc }] of configs.entries()) {
        const other = listen || rpc?.port !== undefined ? "TCP" : group === true ? "the socket" : null;
        if (other !== null) output.say(`${other} needs a token: mandate tokens new ${files[i] ?? ""} AGENT`);
      }
      if (!stopping.aborted) await once(stopping, "abort");
      await running.stop();
    });
}

/** What each mandate's gateway is started with; each mandate is explained before its password is asked for. */
async function configsOf(
  output: Output,
  files: readonly string[],
  { keystore, passwordFile, socket, listen, operatorKey, goLive, ...options }: GatewayOptions,
): Promise<readonly GatewayConfig[]> {
  const [{ readMandate }, { liveGatewayConfig }, { explainMandate }, { REHEARSAL_WALLET }] = await Promise.all([
    import("../../mandate/read-mandate.ts"),
    import("../run/gateway-config.ts"),
    import("../../mandate/explain.ts"),
    import("../../worlds/anvil/rehearsal-wallet.ts"),
  ]);
  const count = files.length;
  checkShared(options, count);
  const keystores = eachOf("--keystore", keystore, count);
  const passwords = eachOf("--password-file", passwordFile, count, { shared: true });
  const sockets = eachOf("--socket", socket, count);
  const listens = eachOf("--listen", listen, count, { shared: listen?.[0]?.endsWith(":0") === true });
  const operators = eachOf("--operator-key", operatorKey, count, { shared: true });
  const orders = eachOf("--go-live", goLive, count);
  const configs: GatewayConfig[] = [];
  for (const [i, file] of files.entries()) {
    const mandate = readMandate(file, { network: options.network, worldWallet: REHEARSAL_WALLET });
    const own = { keystore: keystores[i], passwordFile: passwords[i], operatorKey: operators[i], goLive: orders[i] };
    const plain = await liveGatewayConfig(output, file, mandate, { ...options, ...given(own) }, sockets[i]);
    const rpc = rpcConfig(plain.home, options);
    const tcp = listenConfig(listens[i], options);
    output.say(explainMandate(mandate));
    const heard = options.operatorSocket === undefined ? {} : { operatorSocket: resolve(options.operatorSocket) };
    const apart = { ...(options.group === true ? { group: true } : {}), ...heard };
    configs.push({ ...plain, ...apart, ...(tcp === null ? {} : { listen: tcp }), ...(rpc === null ? {} : { rpc }) });
  }
  return configs;
}

/** Without what is undefined. */
function given<T extends object>(options: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** @throws {UsageError} for what can be of one mandate only. */
function checkShared({ rpc, rpcPort, passwordFd, ownerKeystore, operatorSocket, house }: GatewayOptions, count: number): void {
  const one = [
    ...(typeof rpc === "string" ? ["--rpc SOCKET"] : []),
    ...(rpcPort !== undefined && rpcPort !== 0 ? ["--rpc-port"] : []),
    ...(passwordFd === undefined ? [] : ["--password-fd"]),
    ...(ownerKeystore === undefined ? [] : ["--owner-keystore"]),
    ...(operatorSocket === undefined ? [] : ["--operator-socket"]),
  ];
  if (count > 1 && one.length > 0) {
    throw new UsageError(`${one.join(", ")} is for one mandate`, {
      remedy: "Say --rpc or --tcp for sockets and ports of each one's own, and --password-file for passwords.",
    });
  }
  if (count === 1 && house !== undefined) {
    throw new UsageError("--house is for several mandates", {
      remedy: "A mandate that began in a house finds its journal by itself.",
    });
  }
}

async function startAll(
  configs: readonly GatewayConfig[],
  { house }: GatewayOptions,
  onError: (what: string, error: unknown) => void,
): Promise<RunningHouse> {
  const [first] = configs;
  if (first === undefined || configs.length === 1) {
    const { runGateway } = await import("../../gateway/serve/run-gateway.ts");
    if (first === undefined) throw new UsageError("no mandate is given");
    const gateway = await runGateway(first, onError);
    return { gateways: [gateway], stop: () => gateway.stop() };
  }
  const { runHouse } = await import("../../gateway/serve/run-house.ts");
  const { houseBeside } = await import("../../gateway/serve/open-house.ts");
  const folder = house === undefined ? houseBeside(first.home) : resolve(house);
  return runHouse({ house: folder, wallets: configs }, onError);
}

function tell(output: Output, { socket, wallet, operator, url, rpc }: RunningGateway): void {
  const served = rpc?.servings.flatMap(({ urls }) => Object.values(urls)) ?? [];
  const extra = { ...(url === null ? {} : { url }), ...(rpc ? { rpc: served } : {}) };
  output.record({ ready: socket, wallet, operator, ...extra }, () =>
    [
      `serving ${wallet} on ${socket}`,
      ...(url === null ? [] : [`and at ${url}`]),
      ...(operator === null ? [] : [`the operator on ${operator}`]),
      ...served.map((one) => `JSON-RPC at ${one}`),
    ].join("\n"),
  );
}

/** Where TCP is asked for; null: nowhere. @throws {UsageError} */
function listenConfig(listen: string | undefined, { tlsCert, tlsKey }: GatewayOptions): ListenConfig | null {
  const given = [tlsCert, tlsKey].filter((path) => path !== undefined);
  if (listen === undefined) {
    if (given.length === 0) return null;
    throw new UsageError("--tls-cert and --tls-key are for --listen", { remedy: "Say where: --listen 0.0.0.0:8443" });
  }
  const [, host, port = ""] = /^(?:\[([0-9a-f:.]+)\]|[^:[\]]+):(\d{1,5})$/i.exec(listen) ?? [];
  const name = host ?? listen.slice(0, listen.lastIndexOf(":"));
  if (port === "" || Number(port) > 65_535) {
    throw new UsageError(`${listen} is no host and port`, { remedy: "Write it like 127.0.0.1:8443 or [::1]:8443." });
  }
  if (given.length === 1) throw new UsageError("a certificate goes with its key", { remedy: "Give --tls-cert and --tls-key." });
  const tls = tlsCert === undefined || tlsKey === undefined ? {} : { tls: { cert: resolve(tlsCert), key: resolve(tlsKey) } };
  return { host: name, port: Number(port), ...tls };
}

/** Where JSON-RPC is asked for; null: nowhere. */
function rpcConfig(home: string, { rpc, rpcPort, tcp }: GatewayOptions): JsonRpcConfig | null {
  const port = rpcPort ?? (tcp ? 0 : undefined);
  if (rpc === undefined && port === undefined) return null;
  return {
    ...(rpc === undefined ? {} : { socket: resolve(rpc === true ? join(home, "rpc.sock") : rpc) }),
    ...(port === undefined ? {} : { port }),
  };
}
