import { Command } from "commander";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";
import { type ReachOptions, reachOptions } from "../run/gateway-address.ts";
import { type LiveOptions, liveOptions } from "../run/live-options.ts";
import { wholeNumber } from "../whole-number.ts";

interface McpOptions extends LiveOptions, ReachOptions {
  readonly http?: boolean;
  readonly port?: number;
  readonly fresh?: boolean;
}

export function mcpCommand(): Command {
  const command = new Command("mcp")
    .summary("the mandate's tools for any MCP client, over stdio or HTTP")
    .description(
      "Serve the typed tools of a mandate's wallet by the Model Context Protocol: over standard input and output, or with --http at a loopback address that wants a token. Every call is judged by the gateway; what the mandate refuses is answered with the reasons. On a rehearsal network it keeps a world of its own beside the journal.",
    )
    .argument("<file>", "the mandate")
    .option("--http", "streamable HTTP on loopback instead of standard input and output")
    .option("--port <n>", "with --http: this port (default: any free one)", wholeNumber)
    .option("--fresh", "on a rehearsal network: begin a new world");
  return liveOptions(reachOptions(command))
    .addHelpText(
      "after",
      examples([
        ["mandate mcp MANDATE.md", "what an MCP client is told to start"],
        ["mandate mcp MANDATE.md --http --json", "one document with the URL and the token, then it serves"],
        [
          "mandate mcp MANDATE.md --live --gateway /run/mandate/gateway.sock --gateway-token-file token",
          "for a gateway under its own user",
        ],
      ]),
    )
    .action(async (file: string, options: McpOptions, self: Command) => {
      const { runMcp } = await import("../mcp/run-mcp.ts");
      await runMcp(outputOf(self), { ...options, file });
    });
}
