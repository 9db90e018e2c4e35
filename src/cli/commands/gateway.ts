import { once } from "node:events";
import { Command } from "commander";
import { examples } from "../examples.ts";
import { type GlobalOptions, outputOf } from "../output.ts";
import { type LiveOptions, liveOptions } from "../run/live-options.ts";

interface GatewayOptions extends LiveOptions {
  readonly socket?: string;
}

export function gatewayCommand(): Command {
  const command = new Command("gateway")
    .summary("the process that alone holds the key and signs what the mandate allows")
    .description(
      "Serve a mandate's wallet on a unix socket: judge, sign, send, settle. Run it as a user of its own, apart from the agent's; the agent then needs no key: mandate run FILE --gateway SOCKET.",
    )
    .argument("<file>", "the mandate")
    .option("--socket <path>", "where to listen (default: gateway.sock beside the journal)");
  return liveOptions(command)
    .addHelpText(
      "after",
      examples([
        ["mandate gateway MANDATE.md --keystore key.json --password-file pw --live", "serve the wallet until it is stopped"],
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
      const config = await liveGatewayConfig(output, file, mandate, options, options.socket);
      output.say(explainMandate(mandate));
      const log = createLog(self.optsWithGlobals<GlobalOptions>());
      const running = await runGateway(config, (what, error) => log.error({ what, error: String(error) }, "a call failed"));
      output.record({ ready: running.socket, wallet: running.wallet }, () => `serving ${running.wallet} on ${running.socket}`);
      const stopping = interrupted();
      if (!stopping.aborted) await once(stopping, "abort");
      await running.stop();
    });
}
