import { Command } from "commander";
import { printable } from "../../mandate/render-problem.ts";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";
import { readFunds } from "../run/read-funds.ts";

interface PromptOptions {
  readonly network?: string;
  readonly seed: string;
  readonly fund?: Readonly<Record<string, string>>;
}

export function promptCommand(): Command {
  return new Command("prompt")
    .summary("the exact prompt, without a call")
    .description(
      "Print what the model would be sent in the first cycle on a fresh world: first the part that stays the same, then that of the moment. No model is called. Tokens are an estimate, four bytes each.",
    )
    .argument("<file>", "the mandate")
    .option("-n, --network <name>", "a network of the mandate that is a world")
    .option("--seed <text>", "the market's seed", "1")
    .option("--fund <list>", "what the wallet holds (default: ETH=1,WETH=0.4,USDC=300)", readFunds)
    .addHelpText(
      "after",
      examples([
        ["mandate prompt MANDATE.md", "as text"],
        ["mandate prompt MANDATE.md --json", "system and prompt apart, with their tokens"],
      ]),
    )
    .action(async (file: string, options: PromptOptions, command: Command) => {
      const output = outputOf(command);
      const { showPrompt } = await import("../prompt/show-prompt.ts");
      const shown = await showPrompt({ file, ...options });
      output.document(shown, () => {
        const lines = `${shown.system}\n\n${shown.prompt}`.split("\n").map(printable).join("\n");
        const { system, prompt, total } = shown.tokens;
        return `${lines}\n\nabout ${total} tokens: ${system} that stay the same, ${prompt} of the moment (four bytes each)`;
      });
    });
}
