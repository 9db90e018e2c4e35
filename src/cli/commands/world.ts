import { Command, InvalidArgumentError } from "commander";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";
import { wholeNumber } from "../whole-number.ts";

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
    .description("Start one world alone, for anybody's use: a local chain with real contracts and throwaway accounts.")
    .addCommand(evmCommand())
    .addHelpText("after", examples([["mandate world evm", "Uniswap v3, tokens, feeds, a market that moves"]]));
}

/** An instant, at a whole second. */
function readStart(text: string): number {
  const at = text === "now" ? Date.now() : Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('It is "now", or an instant like 2026-01-05T00:00:00Z.');
  return Math.floor(at / 1000) * 1000;
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
