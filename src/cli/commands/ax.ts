import { Command } from "commander";
import type { AxOptions, AxWish } from "../ax/run-ax.ts";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";
import { reachOptions } from "../run/gateway-address.ts";
import { wholeNumber } from "../whole-number.ts";

interface NaturalOptions {
  readonly natural?: string;
}

type Args = Readonly<Record<string, unknown>>;

/** Options stand before or after the subcommand. */
function withOptions(command: Command): Command {
  return reachOptions(command)
    .option("--mandate <file>", "this mandate instead of the shipped one, which rehearses on a local world")
    .option("--network <name>", "this network of the mandate")
    .option("--dry-run", "show what it would do; sign nothing")
    .option("-y, --yes", "do it without asking")
    .option("--fresh", "on a rehearsal network: begin a new world")
    .option("--keystore <file>", "for a real network: the wallet's V3 keystore")
    .option("--password-file <file>", "the keystore's password (else MANDATE_PASSWORD, else it is asked for)")
    .option("--password-fd <n>", "read the password from this open file descriptor", wholeNumber)
    .option("--live", "yes, this is real money")
    .option("--world <url>", "for a network that is a world: the one that runs there (mandate world …)")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate)");
}

async function run(self: Command, wish: AxWish): Promise<void> {
  const { runAx } = await import("../ax/run-ax.ts");
  await runAx(outputOf(self), wish, self.optsWithGlobals<AxOptions>());
}

function calling(
  name: string,
  summary: string,
  example: string,
  tool: string,
  argsOf: (given: readonly string[], options: Args) => Args,
  onExchange?: (given: readonly string[]) => Args,
): Command {
  const command = withOptions(new Command(name))
    .summary(summary)
    .description(`${summary}. Calls the tool ${tool}.`)
    .addHelpText("after", examples([[`mandate ax ${example}`, summary]]));
  return command.action((...all: unknown[]) => {
    const given = all
      .slice(0, -2)
      .flatMap((one) => (Array.isArray(one) ? one.map(String) : one === undefined ? [] : [String(one)]));
    const exchange = onExchange ? { onExchange: onExchange(given) } : {};
    return run(command, { kind: "call", tool, args: argsOf(given, command.opts()), ...exchange });
  });
}

function lpCommand(): Command {
  const lp = new Command("lp")
    .addHelpText("after", examples([["mandate ax lp list", "every own position"]]))
    .summary("liquidity positions")
    .description("Look at liquidity positions, open, close and collect.");
  lp.addCommand(calling("list", "every own position", "lp list", "list_lp_positions", () => ({})));
  lp.addCommand(
    calling("info", "one position", "lp info 9", "get_lp_position", ([position_id]) => ({ position_id })).argument(
      "<id>",
      "the position's number",
    ),
  );
  lp.addCommand(
    calling(
      "open",
      "provide two tokens to a pool",
      "lp open WETH USDC --usd 100 --range 10",
      "open_lp_position",
      ([token_a, token_b], { usd, range }) => ({
        token_a,
        token_b,
        value_usd: usd,
        range_pct: range,
      }),
    )
      .argument("<a>", "a token")
      .argument("<b>", "the other")
      .requiredOption("--usd <amount>", "the most in all")
      .requiredOption("--range <percent>", "either side of the pinned price"),
  );
  lp.addCommand(
    calling(
      "close",
      "take liquidity out, and what it is owed",
      "lp close 9 --dry-run",
      "close_lp_position",
      ([position_id], { share }) => ({
        position_id,
        ...(share === undefined ? {} : { amount: share }),
      }),
    )
      .argument("<id>", "the position's number")
      .option("--share <part>", "a share of it up to 1 (default: all)"),
  );
  lp.addCommand(
    calling("collect", "what a position is owed", "lp collect 9", "collect_lp_fees", ([position_id]) => ({
      position_id,
    })).argument("<id>", "the position's number"),
  );
  return lp;
}

function vaultCommand(): Command {
  const vault = new Command("vault")
    .addHelpText("after", examples([["mandate ax vault state vUSDC", "what it holds and redeems"]]))
    .summary("vaults")
    .description("Look at a vault, deposit and withdraw.");
  vault.addCommand(
    calling("state", "what a vault holds and redeems", "vault state vUSDC", "get_vault_state", ([name]) => ({
      vault: name,
    })).argument("<vault>", "its symbol"),
  );
  vault.addCommand(
    calling("deposit", "put money in", "vault deposit 20 vUSDC", "deposit_vault", ([amount, name]) => ({ vault: name, amount }))
      .argument("<amount>", "whole tokens, or all")
      .argument("<vault>", "its symbol"),
  );
  vault.addCommand(
    calling("withdraw", "take money out", "vault withdraw all vUSDC", "withdraw_vault", ([amount, name]) => ({
      vault: name,
      amount,
    }))
      .argument("<amount>", "whole tokens, or all")
      .argument("<vault>", "its symbol"),
  );
  return vault;
}

function toolsCommand(): Command {
  return new Command("tools")
    .summary("every tool, or one of them in full")
    .description("List the tools, or print one's description and the JSON Schema of its arguments.")
    .option("--describe <tool>", "this one in full")
    .option("--mandate <file>", "the tools of this mandate's venue instead of the shipped one's")
    .addHelpText("after", examples([["mandate ax tools --describe swap_tokens", "its arguments, as JSON Schema"]]))
    .action(async ({ describe }: { readonly describe?: string }, self: Command) => {
      const { listTools } = await import("../ax/list-tools.ts");
      listTools(outputOf(self), describe, self.optsWithGlobals<AxOptions>().mandate);
    });
}

function anyToolCommand(): Command {
  const command = withOptions(new Command("run"))
    .summary("call any tool with JSON arguments")
    .description("Call any tool by its name, with its arguments as one JSON object.");
  return command
    .argument("<tool>", "its name")
    .argument("[json]", "its arguments", "{}")
    .addHelpText("after", examples([[`mandate ax run get_price '{"token": "WETH"}'`, "a price"]]))
    .action(async (tool: string, json: string) => {
      const { readArguments } = await import("../ax/read-arguments.ts");
      await run(command, { kind: "call", tool, args: readArguments(json) });
    });
}

export function axCommand(): Command {
  const ax = withOptions(new Command("ax"))
    .summary("one thing at a time: a price, a swap, or a sentence")
    .description(
      "Do one thing with a mandate's wallet: by a subcommand, or in words with -n, which a model turns into one call of one tool. What moves money is simulated and shown with what is left of the limits, and then confirmed; without a terminal it needs --yes. The limits of one call hold for the next: they are in the journal.",
    )
    .option("-n, --natural <words>", "say what you want; one model call, one tool call")
    .option("--model <provider/id>", "another model than the mandate's")
    .option("--mock [script]", "with -n: a scripted model that knows a handful of sentences, or one by a script of yours")
    .addHelpText(
      "after",
      examples([
        ["mandate ax price ETH", "what the pinned source says"],
        ["mandate ax swap 5 USDC WETH --dry-run", "what it would do"],
        ['mandate ax -n "swap 5 USDC to WETH"', "one model call, shown, then confirmed"],
        ["mandate ax tools --describe swap_tokens", "a tool's arguments"],
      ]),
    )
    .action(async ({ natural }: NaturalOptions, self: Command) => {
      if (natural === undefined || natural.trim() === "") {
        const { UsageError } = await import("../../core/errors.ts");
        throw new UsageError("there is nothing to do", {
          remedy: 'Name a subcommand (mandate ax --help), or say it: mandate ax -n "swap 5 USDC to WETH"',
        });
      }
      await run(self, { kind: "words", text: natural });
    });
  ax.addCommand(
    calling(
      "price",
      "a token's price",
      "price ETH",
      "get_price",
      ([token]) => ({ token }),
      ([market]) => ({ market }),
    ).argument("<token>", "its symbol or address; on an exchange a market, such as BTC:perp"),
  );
  ax.addCommand(
    calling("balance", "what is held of tokens, or of everything", "balance WETH USDC", "batch_get_balances", (tokens) => ({
      tokens,
    })).argument("<token...>", "symbols or addresses"),
  );
  ax.addCommand(calling("portfolio", "everything that is held", "portfolio --json", "get_portfolio", () => ({})));
  ax.addCommand(calling("limits", "the portfolio against its limits", "limits", "get_risk_metrics", () => ({})));
  ax.addCommand(
    calling("pool", "the pools of two tokens", "pool WETH USDC", "get_pool_state", ([token_a, token_b]) => ({ token_a, token_b }))
      .argument("<a>", "a token")
      .argument("<b>", "the other"),
  );
  ax.addCommand(
    calling(
      "swap",
      "sell one token for another",
      "swap 5 USDC WETH --dry-run",
      "swap_tokens",
      ([amount, token_in, token_out], { slippage }) => ({
        ...{ token_in, token_out, amount },
        ...(slippage === undefined ? {} : { slippage_bps: slippage }),
      }),
    )
      .argument("<amount>", "whole tokens of what is sold, or all")
      .argument("<from>", "what is sold")
      .argument("<to>", "what is bought")
      .option("--slippage <bps>", "basis points below the pinned price", wholeNumber),
  );
  ax.addCommand(
    calling("wrap", "the native coin into its wrapped form", "wrap 0.1", "wrap_native", ([amount]) => ({ amount })).argument(
      "<amount>",
      "whole coins, or all",
    ),
  );
  ax.addCommand(
    calling("unwrap", "the wrapped coin into the native one", "unwrap all", "unwrap_native", ([amount]) => ({ amount })).argument(
      "<amount>",
      "whole coins, or all",
    ),
  );
  ax.addCommand(lpCommand());
  ax.addCommand(vaultCommand());
  ax.addCommand(anyToolCommand());
  ax.addCommand(toolsCommand());
  return ax;
}
