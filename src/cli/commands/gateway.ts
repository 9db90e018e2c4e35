import { once } from "node:events";
import { join, resolve } from "node:path";
import { Command } from "commander";
import type { JsonRpcConfig } from "../../gateway/json-rpc/start-json-rpc.ts";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";
import { type LiveOptions, liveOptions } from "../run/live-options.ts";
import { wholeNumber } from "../whole-number.ts";

interface GatewayOptions extends LiveOptions {
  readonly socket?: string;
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
      const config = rpc === null ? plain : { ...plain, rpc };
      output.say(explainMandate(mandate));
      const log = createLog(self.optsWithGlobals<GlobalOptions>());
      const running = await runGateway(config, (what, error) => log.error({ what, error: String(error) }, "a call failed"));
      const served = running.rpc?.servings.flatMap(({ urls }) => Object.values(urls)) ?? [];
      const { socket: ready, wallet } = running;
      const { operator } = running;
      output.record({ ready, wallet, operator, ...(running.rpc ? { rpc: served } : {}) }, () =>
        [
          `serving ${wallet} on ${ready}`,
          ...(operator === null ? [] : [`the operator on ${operator}`]),
          ...served.map((url) => `JSON-RPC at ${url}`),
        ].join("\n"),
      );
      if (config.rpc?.port !== undefined) output.say(`TCP needs a token: mandate tokens new ${file} AGENT`);
      const stopping = interrupted();
      if (!stopping.aborted) await once(stopping, "abort");
      await running.stop();
    });
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
