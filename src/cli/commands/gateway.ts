import { once } from "node:events";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { UsageError } from "../../core/errors.ts";
import type { JsonRpcConfig } from "../../gateway/json-rpc/start-json-rpc.ts";
import type { ListenConfig } from "../../gateway/serve/tcp-listen.ts";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";
import { type LiveOptions, liveOptions } from "../run/live-options.ts";
import { wholeNumber } from "../whole-number.ts";

interface GatewayOptions extends LiveOptions {
  readonly socket?: string;
  readonly listen?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly rpc?: string | true;
  readonly rpcPort?: number;
  readonly tcp?: boolean;
  readonly operatorKey?: string;
}

export function gatewayCommand(): Command {
  const command = new Command("gateway")
    .summary("the process that alone holds the key and signs what the mandate allows")
    .description(
      "Serve a mandate's wallet on a unix socket: judge, sign, send, settle. Run it as a user of its own, apart from the agent's; the agent then needs no key: mandate run FILE --gateway SOCKET.",
    )
    .argument("<file>", "the mandate")
    .option("--socket <path>", "where to listen (default: gateway.sock beside the journal)")
    .option("--listen <host:port>", "serve on TCP too, with tokens; port 0 is any free one. Beyond loopback it takes TLS")
    .option("--tls-cert <file>", "the certificate chain for --listen, as PEM")
    .option("--tls-key <file>", "the certificate's key, as PEM")
    .option("--rpc [socket]", "serve Ethereum JSON-RPC too, on a unix socket (default: rpc.sock beside the journal)")
    .option("--rpc-port <port>", "serve Ethereum JSON-RPC on this port of loopback, with tokens; 0 is any free port", wholeNumber)
    .option("--tcp", "the same as --rpc-port 0")
    .option(
      "--operator-key <file>",
      "the operator's key, private or public half; made where there is none. Pinned at the first start",
    );
  return liveOptions(command)
    .addHelpText(
      "after",
      examples([
        ["mandate gateway MANDATE.md --keystore key.json --password-file pw --live", "serve the wallet until it is stopped"],
        ["mandate gateway MANDATE.md --keystore key.json --live --listen 127.0.0.1:8443", "for agents over TCP, with tokens"],
        ["mandate gateway MANDATE.md --keystore key.json --live --rpc-port 8545", "for cast and other wallets' clients too"],
      ]),
    )
    .action(async (file: string, options: GatewayOptions, self: Command) => {
      const output = outputOf(self);
      const [
        { readMandate },
        { liveGatewayConfig },
        { runGateway },
        { explainMandate },
        { createLog },
        { interrupted },
        { REHEARSAL_WALLET },
      ] = await Promise.all([
        import("../../mandate/read-mandate.ts"),
        import("../run/gateway-config.ts"),
        import("../../gateway/serve/run-gateway.ts"),
        import("../../mandate/explain.ts"),
        import("../log.ts"),
        import("../interrupted.ts"),
        import("../../worlds/anvil/rehearsal-wallet.ts"),
      ]);
      const mandate = readMandate(file, { network: options.network, worldWallet: REHEARSAL_WALLET });
      const plain = await liveGatewayConfig(output, file, mandate, options, options.socket);
      const rpc = rpcConfig(plain.home, options);
      const listen = listenConfig(options);
      const config = { ...plain, ...(listen === null ? {} : { listen }), ...(rpc === null ? {} : { rpc }) };
      output.say(explainMandate(mandate));
      const log = createLog(self.optsWithGlobals<GlobalOptions>());
      const running = await runGateway(config, (what, error) => log.error({ what, error: String(error) }, "a call failed"));
      const served = running.rpc?.servings.flatMap(({ urls }) => Object.values(urls)) ?? [];
      const { socket: ready, wallet, operator, url } = running;
      const extra = { ...(url === null ? {} : { url }), ...(running.rpc ? { rpc: served } : {}) };
      output.record({ ready, wallet, operator, ...extra }, () =>
        [
          `serving ${wallet} on ${ready}`,
          ...(url === null ? [] : [`and at ${url}`]),
          ...(operator === null ? [] : [`the operator on ${operator}`]),
          ...served.map((url) => `JSON-RPC at ${url}`),
        ].join("\n"),
      );
      if (url !== null || rpc?.port !== undefined) output.say(`TCP needs a token: mandate tokens new ${file} AGENT`);
      const stopping = interrupted();
      if (!stopping.aborted) await once(stopping, "abort");
      await running.stop();
    });
}

/** Where TCP is asked for; null: nowhere. @throws {UsageError} */
function listenConfig({ listen, tlsCert, tlsKey }: GatewayOptions): ListenConfig | null {
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
