import { Command } from "commander";
import { isoTime, systemClock } from "../../core/clock.ts";
import { examples } from "../examples.ts";
import { homeOf } from "../home.ts";
import { outputOf } from "../output.ts";

interface TokenOptions {
  readonly network?: string;
  readonly home?: string;
}

export function tokensCommand(): Command {
  return new Command("tokens")
    .summary("who may call a gateway over TCP: make, list, revoke, rotate")
    .description(
      "Keep the tokens by which agents call a gateway over TCP, its services and its JSON-RPC. Only their hashes are kept, beside the journal; a gateway that runs heeds a change at once.",
    )
    .addCommand(
      issuing("new", "make an agent's token")
        .description("Make an agent's token and print it, this once.")
        .addHelpText("after", examples([["mandate tokens new MANDATE.md shell", "for an agent called shell"]])),
    )
    .addCommand(listCommand())
    .addCommand(revokeCommand())
    .addCommand(
      issuing("rotate", "replace an agent's token")
        .description("Replace an agent's token and print the new one, this once. The old one is refused from now on.")
        .addHelpText("after", examples([["mandate tokens rotate MANDATE.md shell", "when it may have been seen"]])),
    )
    .addHelpText("after", examples([["mandate tokens new MANDATE.md shell", "a token for an agent called shell"]]));
}

function issuing(name: "new" | "rotate", summary: string): Command {
  return placed(new Command(name).summary(summary))
    .argument("<agent>", "the agent's name: letters, digits, dots and dashes")
    .action(async (file: string, agent: string, options: TokenOptions, self: Command) => {
      const output = outputOf(self);
      const { addToken, rotateToken } = await import("../../gateway/tokens/agent-tokens.ts");
      const issue = name === "new" ? addToken : rotateToken;
      const token = issue(await gatewayHome(file, options), agent, await systemClock.now());
      output.document({ agent, token }, () => token);
      output.say(`Send it as "Authorization: Bearer …", or as the first part of the URL's path. It is not shown again.`);
    });
}

function listCommand(): Command {
  return placed(new Command("list").summary("whose tokens there are"))
    .description("List the agents that have a token, and since when. The tokens themselves are not kept.")
    .addHelpText("after", examples([["mandate tokens list MANDATE.md", "those of the mandate's own network"]]))
    .action(async (file: string, options: TokenOptions, self: Command) => {
      const output = outputOf(self);
      const { readTokens } = await import("../../gateway/tokens/agent-tokens.ts");
      const tokens = readTokens(await gatewayHome(file, options)).map(({ agent, made }) => ({ agent, made: isoTime(made) }));
      output.document({ tokens }, () =>
        tokens.length === 0 ? "no tokens" : tokens.map(({ agent, made }) => `${agent.padEnd(20)}  since ${made}`).join("\n"),
      );
    });
}

function revokeCommand(): Command {
  return placed(new Command("revoke").summary("refuse an agent's token"))
    .argument("<agent>", "the agent's name")
    .description("Refuse an agent's token from now on.")
    .addHelpText("after", examples([["mandate tokens revoke MANDATE.md shell", "the next call with it is refused"]]))
    .action(async (file: string, agent: string, options: TokenOptions, self: Command) => {
      const output = outputOf(self);
      const { revokeToken } = await import("../../gateway/tokens/agent-tokens.ts");
      revokeToken(await gatewayHome(file, options), agent);
      output.document({ agent, revoked: true }, () => `${agent}'s token is refused from now on`);
    });
}

function placed(command: Command): Command {
  return command
    .argument("<file>", "the mandate")
    .option("-n, --network <name>", "this network of the mandate instead of the one that it names")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)");
}

/** The folder of the journal of the gateway that the mandate's network has. */
async function gatewayHome(file: string, { network, home }: TokenOptions): Promise<string> {
  const [{ readMandate }, { REHEARSAL_WALLET }] = await Promise.all([
    import("../../mandate/read-mandate.ts"),
    import("../../worlds/anvil/rehearsal-wallet.ts"),
  ]);
  const { terms } = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
  return homeOf({ file, id: terms.id, network: terms.network, home });
}
