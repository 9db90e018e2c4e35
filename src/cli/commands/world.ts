import { Command, InvalidArgumentError } from "commander";
import { SECOND } from "../../core/clock.ts";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";
import { positiveNumber, wholeNumber } from "../whole-number.ts";

interface EvmOptions {
  readonly port: number;
  readonly seed: string;
  readonly speed: number;
  readonly chainId?: number;
  readonly forkOf?: string;
  readonly start?: number;
}

export function worldCommand(): Command {
  return new Command("world")
    .summary("start a world to rehearse in, alone")
    .description(
      "Start one world alone, for anybody's use: a local chain with real contracts, or a paper exchange, with throwaway accounts.",
    )
    .addCommand(evmCommand())
    .addCommand(hyperliquidCommand())
    .addHelpText(
      "after",
      examples([
        ["mandate world evm", "Uniswap v3, tokens, feeds, a market that moves"],
        ["mandate world hyperliquid", "an exchange that speaks Hyperliquid's wire protocol"],
      ]),
    );
}

interface HyperliquidOptions {
  readonly port: number;
  readonly seed: string;
  readonly speed: number;
  readonly accounts: number;
  readonly usdc: number;
  readonly start?: number;
  readonly market?: readonly string[];
  readonly state?: string;
}

/** "60x" or "60". */
function readSpeed(text: string): number {
  return wholeNumber(text.replace(/x$/, ""));
}

/** An instant, at a whole second. */
function readStart(text: string): number {
  const at = text === "now" ? Date.now() : Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('It is "now", or an instant like 2026-01-05T00:00:00Z.');
  return Math.floor(at / 1000) * 1000;
}

function hyperliquidCommand(): Command {
  return new Command("hyperliquid")
    .summary("an exchange that speaks Hyperliquid's wire protocol, with a market that moves")
    .description(
      "Start an exchange on this machine that any Hyperliquid bot runs against unchanged: /info, /exchange and the WebSocket, a real book, margin, funding, liquidation, and makers and takers who move the market from a seed. Only signatures for the testnet are accepted. Prints its URLs and funded throwaway accounts, then runs until it is interrupted. The accounts' keys are public: never send them anything of worth.",
    )
    .option("-p, --port <n>", "where to listen; 0 is any free port", wholeNumber, 0)
    .option("-s, --seed <text>", "what the market's chance and the accounts' keys start from", "1")
    .option("--speed <n>", 'seconds of the exchange in a second of yours, like "60x"; 0 stands still', readSpeed, 1)
    .option("--accounts <n>", "how many accounts it begins with", positiveNumber, 1)
    .option("--usdc <n>", "what each begins with, in dollars", positiveNumber, 50_000)
    .option(
      "--start <when>",
      'when its time begins: "now", or an instant like 2026-01-05T00:00:00Z (default: "now", or where the files begin)',
      readStart,
    )
    .option(
      "--market <file...>",
      "candles to go by (BTC.csv, ETH.csv) or one file of recorded books, in place of the seeded market",
    )
    .option("--state <file>", "go on from this file if it is there, and write to it at the end")
    .addHelpText(
      "after",
      examples([
        ["mandate world hyperliquid", "on a free port, in real time"],
        ["mandate world hyperliquid --port 8600 --seed 7 --speed 60x", "an hour a minute, at a fixed port"],
        ["mandate world hyperliquid --state paper.json --json", "go on where it was stopped; for programs"],
      ]),
    )
    .action(async ({ speed, start, ...options }: HyperliquidOptions, command: Command) => {
      const output = outputOf(command);
      const [
        { openPaperExchange, savePaperExchange },
        { openRehearsalAccount, splitFunds },
        { REHEARSAL_WALLET },
        { interrupted },
        { keepTime },
        { renderPaperExchange },
      ] = await Promise.all([
        import("../world/open-paper-exchange.ts"),
        import("../../worlds/rehearsal/rehearsal-account.ts"),
        import("../../worlds/anvil/rehearsal-wallet.ts"),
        import("../interrupted.ts"),
        import("../world/keep-time.ts"),
        import("../world/render-paper-exchange.ts"),
      ]);
      const signal = interrupted();
      await using paper = await output.progress("starting the exchange", () =>
        openPaperExchange({
          ...options,
          step: SECOND * Math.max(1, speed),
          ...(start === undefined && options.market !== undefined ? {} : { start: start ?? readStart("now") }),
        }),
      );
      const { http, ws, accounts } = paper;
      if (!paper.exchange.exists(REHEARSAL_WALLET)) await openRehearsalAccount(paper, splitFunds(options.usdc));
      output.record({ event: "ready", http, ws, accounts }, () => renderPaperExchange(paper, options.seed));
      await keepTime(paper, { speed, signal });
      if (options.state !== undefined) await savePaperExchange(paper, options.state);
      output.record({ event: "stopped" }, () => "");
    });
}

function evmCommand(): Command {
  return new Command("evm")
    .summary("a chain with Uniswap v3, tokens, feeds and a market that moves")
    .description(
      "Start a local chain with the published Uniswap v3 contracts, tokens with liquidity, price feeds, and other traders who move the market from a seed. Prints its URL and funded throwaway accounts as one JSON line, then runs until it is interrupted. The accounts' keys are public: never send them anything of worth.",
    )
    .option("-p, --port <n>", "where to listen; 0 is any free port", wholeNumber, 0)
    .option("-s, --seed <text>", "what the market's chance starts from", "1")
    .option("--speed <n>", "seconds of the world in a second of yours; 0 stands still", wholeNumber, 1)
    .option("--chain-id <n>", "the chain's id (default: 31337; of a fork, one more than its parent's)", wholeNumber)
    .option("--start <when>", 'when its time begins: "now", or an instant like 2026-01-05T00:00:00Z', readStart)
    .option("--fork-of <url>", "begin where the chain behind this URL is now, instead of with a world's own market")
    .addHelpText(
      "after",
      examples([
        ["mandate world evm", "on a free port, in real time"],
        ["mandate world evm --port 8545 --speed 60 --seed 7", "an hour a minute, at a fixed port"],
        ["mandate world evm --start now", "a stand-in for a live chain, at today's time"],
        ["mandate world evm --fork-of https://mainnet.base.org", "a fork of a real chain, with accounts to play with"],
      ]),
    )
    .action(async (options: EvmOptions, command: Command) => {
      const output = outputOf(command);
      const [{ openWorld }, { forwardPort }, { interrupted }, { keepTime }, { renderWorld }] = await Promise.all([
        import("../world/open-world.ts"),
        import("../world/forward-port.ts"),
        import("../interrupted.ts"),
        import("../world/keep-time.ts"),
        import("../world/render-world.ts"),
      ]);
      const signal = interrupted();
      await using world = await output.progress("starting the world", () => openWorld(options));
      await using address = await forwardPort(world.url, options.port);
      const about = { url: address.url, ...world.about };
      output.record({ event: "ready", ...about }, () => renderWorld(about));
      await keepTime(world, { speed: options.speed, signal });
      output.record({ event: "stopped" }, () => "");
    });
}
