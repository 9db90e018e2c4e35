import { z } from "zod";
import { describeIntent } from "../../venues/hyperliquid/describe-intent.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../../venues/hyperliquid/observation.ts";
import { perform } from "../perform.ts";
import { dryRun, executed } from "../schemas.ts";
import { defineTool, type Tool } from "../tool.ts";
import { marketNamed } from "./hyperliquid-words.ts";

type HyperliquidTool = Tool<HyperliquidIntent, HyperliquidObservation>;

const number = z.string().regex(/^\d{1,20}(\.\d{1,18})?$/, 'write a number as plain digits in a text, for example "0.5"');
const market = z.string().min(1).max(60).describe('"BTC:perp" or "BTC:spot"; a coin alone means its perpetual');
const size = number.optional().describe("whole coins; left out: all that is held");

const JUDGED = "What the mandate refuses is answered with the reasons and nothing is signed.";

/** A tool of one kind of intent: the venue reads it again, and strictly. */
function acting(
  name: string,
  kind: HyperliquidIntent["kind"],
  title: string,
  description: string,
  input: z.ZodObject,
  destructive = true,
): HyperliquidTool {
  return defineTool<z.ZodObject, typeof executed, HyperliquidIntent, HyperliquidObservation>({
    name,
    title,
    description: `${description} ${JUDGED}`,
    category: "action",
    input,
    output: executed,
    annotations: { destructiveHint: destructive },
    async run(args, context) {
      const { dry_run, market: named, ...rest } = args;
      const where = named === undefined ? {} : { market: marketNamed(await context.venue.observe(), String(named)).asset };
      const intent = context.venue.readIntent({ ...rest, ...where, kind });
      return perform(name, intent, context, { dryRun: dry_run === true, words: describeIntent(intent) });
    },
  });
}

const order = z
  .strictObject({
    market,
    side: z.enum(["buy", "sell"]),
    size: number.optional().describe("whole coins; or usd, or share"),
    usd: number.optional(),
    share: number.optional().describe("of the portfolio's value, up to 1"),
    type: z.enum(["market", "limit"]).default("market"),
    price: number.optional().describe("with limit: the worst price that it may fill at"),
    reduce_only: z.boolean().default(false),
    tif: z.enum(["gtc", "ioc", "alo"]).optional(),
    dry_run: dryRun,
  })
  .refine(
    (args) => [args.size, args.usd, args.share].filter((given) => given !== undefined).length === 1,
    "give exactly one of size, usd and share",
  )
  .refine((args) => (args.type === "limit") === (args.price !== undefined), "a limit order has a price, a market order none");

/** What moves money at the exchange. */
export const HYPERLIQUID_ACTION_TOOLS: readonly HyperliquidTool[] = [
  acting(
    "place_order",
    "order",
    "Place an order",
    "Buy or sell in a market of the mandate. A market order fills within the mandate's slippage of the oracle's price or not at all.",
    order,
  ),
  acting(
    "close_position",
    "close",
    "Close a position",
    "An order at the market against a position, reduce-only.",
    z.strictObject({ market, size, dry_run: dryRun }),
  ),
  acting(
    "cancel_order",
    "cancel",
    "Cancel",
    "The end of a resting order by its number, or of every order of a market.",
    z.strictObject({ market, order: z.int().nonnegative().optional(), dry_run: dryRun }),
    false,
  ),
  acting(
    "place_stop",
    "stop",
    "Place a stop",
    "Closes the position once its market has gone against it as far as trigger, reduce-only.",
    z.strictObject({ market, trigger: number, size, dry_run: dryRun }),
    false,
  ),
  acting(
    "place_take_profit",
    "take_profit",
    "Place a take-profit",
    "Closes the position once its market has come in its favour as far as trigger, reduce-only.",
    z.strictObject({ market, trigger: number, size, dry_run: dryRun }),
    false,
  ),
  acting(
    "set_leverage",
    "set_leverage",
    "Set leverage",
    "How a perpetual's margin is kept from now on.",
    z.strictObject({
      market,
      leverage: z.int().min(1).max(1_000),
      margin: z.enum(["isolated", "cross"]).default("isolated"),
      dry_run: dryRun,
    }),
  ),
  acting(
    "transfer_usd",
    "transfer",
    "Move dollars",
    "Dollars between the spot and the perpetuals class of the own account; only where the owner's key is at hand.",
    z.strictObject({ usd: number, to: z.enum(["spot", "perp"]), dry_run: dryRun }),
    false,
  ),
];
