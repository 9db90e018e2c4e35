import { z } from "zod";
import { BPS, ONE, ratio, roundUp } from "../../core/decimal.ts";
import { assetId } from "../../protocols/effects.ts";
import { describeIntent } from "../../venues/evm/describe-intent.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import { heldOf, pinnedPrice } from "../../venues/evm/named.ts";
import type { EvmObservation } from "../../venues/evm/observation.ts";
import { perform } from "../perform.ts";
import { account, amount, amountOrAll, chain, dryRun, executed, slippageBps, token } from "../schemas.ts";
import { defineTool, type Tool } from "../tool.ts";
import type { ToolContext } from "../tool-context.ts";
import { ToolError } from "../tool-error.ts";
import { accountNamed, chainNamed, poolsNamed, positionNamed, protocolNamed, tokenNamed, vaultNamed } from "./names.ts";

const protocol = z.string().max(60).optional().describe("left out, or uniswap_v3");
const position_id = z
  .string()
  .min(1)
  .max(120)
  .describe('a position\'s number, or its name among the holdings: "base/lp:positions:42"');

const swapInput = z
  .strictObject({
    token_in: token,
    token_out: token,
    amount: amountOrAll,
    slippage_bps: slippageBps,
    min_out: amount.optional().describe("the least that must come back, in whole tokens; instead of slippage_bps"),
    protocol,
    account,
    chain,
    dry_run: dryRun,
  })
  .refine(
    ({ slippage_bps, min_out }) => slippage_bps === undefined || min_out === undefined,
    "give slippage_bps or min_out, not both",
  );

const openInput = z
  .strictObject({
    token_a: token,
    token_b: token,
    fee_tier: z
      .int()
      .min(100)
      .max(100_000)
      .optional()
      .describe("hundredths of a basis point; left out: the cheapest pool of the two"),
    amount_a: amountOrAll.optional(),
    amount_b: amountOrAll.optional(),
    value_usd: amount.optional().describe("the most in all, instead of amounts"),
    price_lower: amount.optional().describe("token_b for one token_a"),
    price_upper: amount.optional(),
    range_pct: amount.optional().describe("percent either side of the pinned price, instead of both prices"),
    slippage_bps: slippageBps,
    protocol,
    account,
    chain,
    dry_run: dryRun,
  })
  .refine(
    ({ amount_a, amount_b, value_usd }) => (value_usd === undefined) !== (amount_a === undefined && amount_b === undefined),
    "give amount_a and amount_b, or value_usd",
  )
  .refine(
    ({ range_pct, price_lower, price_upper }) =>
      range_pct === undefined
        ? price_lower !== undefined && price_upper !== undefined
        : price_lower === undefined && price_upper === undefined,
    "give price_lower and price_upper, or range_pct",
  )
  .refine(
    ({ price_lower, price_upper }) => !price_lower || !price_upper || price_lower.lt(price_upper),
    "price_lower must be below price_upper",
  )
  .refine(({ range_pct }) => !range_pct || range_pct.lt(100), "range_pct must be below 100");

const closeInput = z.strictObject({
  position_id,
  amount: z
    .union([z.literal("all"), amount])
    .default("all")
    .describe('"all", or a share of the position up to "1"'),
  slippage_bps: slippageBps,
  protocol,
  chain,
  dry_run: dryRun,
});
const collectInput = z.strictObject({ position_id, protocol, chain, dry_run: dryRun });
const wrapInput = z.strictObject({ amount: amountOrAll, chain, dry_run: dryRun });
const vaultInput = z.strictObject({ vault: token, amount: amountOrAll, chain, dry_run: dryRun });

type Context = ToolContext<EvmIntent, EvmObservation>;

const act = (tool: string, intent: EvmIntent, context: Context, dry: boolean) =>
  perform(tool, intent, context, { dryRun: dry, words: describeIntent(intent) });

const JUDGED = "What the mandate refuses is answered with the reasons and nothing is signed.";

const swapTokens = defineTool<typeof swapInput, typeof executed, EvmIntent, EvmObservation>({
  name: "swap_tokens",
  title: "Swap",
  description: `Sell an amount of token_in for token_out in the best pool of the book. The least that comes back stands in the bytes: min_out, or the pinned price less slippage_bps. ${JUDGED}`,
  category: "action",
  input: swapInput,
  output: executed,
  async run(args, context) {
    const { terms } = context.mandate;
    protocolNamed(args.protocol);
    const [sold, bought] = [tokenNamed(terms, args.token_in, args.chain), tokenNamed(terms, args.token_out, args.chain)];
    if (sold.asset === bought.asset) throw new ToolError("validation_error", "token_in and token_out are the same");
    const who = accountNamed(terms, args.account);
    let floor = args.min_out;
    if (args.slippage_bps !== undefined) {
      const seen = await context.venue.observe();
      const given =
        args.amount === "all" ? heldOf(seen, who ?? Object.keys(terms.accounts)[0] ?? "wallet", sold.asset) : args.amount;
      const keep = ONE.minus(ONE.times(args.slippage_bps).div(BPS));
      floor = roundUp(given.times(pinnedPrice(seen, sold.asset)).times(keep).div(pinnedPrice(seen, bought.asset)), 36);
    }
    const intent: EvmIntent = {
      kind: "swap",
      sell: sold.asset,
      buy: bought.asset,
      amount: args.amount,
      ...(floor === undefined ? {} : { floor }),
      ...(who === undefined ? {} : { account: who }),
    };
    return act("swap_tokens", intent, context, args.dry_run);
  },
});

const openLpPosition = defineTool<typeof openInput, typeof executed, EvmIntent, EvmObservation>({
  name: "open_lp_position",
  title: "Open a liquidity position",
  description: `Provide two tokens to a pool of the book within a range of prices (token_b for one token_a). Both minimums stand in the bytes. ${JUDGED}`,
  category: "action",
  input: openInput,
  output: executed,
  async run(args, context) {
    const { terms } = context.mandate;
    protocolNamed(args.protocol);
    const [a, b] = [tokenNamed(terms, args.token_a, args.chain), tokenNamed(terms, args.token_b, args.chain)];
    const [pool] = poolsNamed(await context.venue.observe(), a, b, args.fee_tier);
    const { price_lower, price_upper } = args;
    // A pool's prices are in its second token for one of its first: seen from the other side they are turned round.
    const same = pool.base === a.symbol;
    const range =
      price_lower && price_upper
        ? same
          ? { lower: price_lower, upper: price_upper }
          : { lower: ratio(ONE, price_upper), upper: ratio(ONE, price_lower) }
        : {};
    const amounts = {
      ...(args.amount_a ? { [a.symbol]: args.amount_a } : {}),
      ...(args.amount_b ? { [b.symbol]: args.amount_b } : {}),
    };
    const who = accountNamed(terms, args.account);
    const intent: EvmIntent = {
      kind: "lp_open",
      pool: assetId(pool.chain, pool.label),
      ...range,
      ...(args.range_pct ? { range_pct: args.range_pct } : {}),
      ...(args.value_usd ? { value_usd: args.value_usd } : { amounts }),
      ...(args.slippage_bps === undefined ? {} : { slippage_bps: ONE.times(args.slippage_bps) }),
      ...(who === undefined ? {} : { account: who }),
    };
    return act("open_lp_position", intent, context, args.dry_run);
  },
});

const closeLpPosition = defineTool<typeof closeInput, typeof executed, EvmIntent, EvmObservation>({
  name: "close_lp_position",
  title: "Close a liquidity position",
  description: `Take liquidity out of an own position and collect everything that it is owed. ${JUDGED}`,
  category: "action",
  input: closeInput,
  output: executed,
  async run(args, context) {
    protocolNamed(args.protocol);
    const label = args.chain === undefined ? undefined : chainNamed(context.mandate.terms, args.chain);
    const { asset } = positionNamed(await context.venue.observe(), args.position_id, label);
    if (args.amount !== "all" && args.amount.gt(1))
      throw new ToolError("validation_error", 'amount: write "all", or a share up to "1"');
    const intent: EvmIntent = {
      kind: "lp_close",
      position: asset,
      ...(args.amount === "all" ? {} : { share: args.amount }),
      ...(args.slippage_bps === undefined ? {} : { slippage_bps: ONE.times(args.slippage_bps) }),
    };
    return act("close_lp_position", intent, context, args.dry_run);
  },
});

const collectLpFees = defineTool<typeof collectInput, typeof executed, EvmIntent, EvmObservation>({
  name: "collect_lp_fees",
  title: "Collect fees",
  description: `Collect everything that an own liquidity position is owed, to its owner. ${JUDGED}`,
  category: "action",
  input: collectInput,
  output: executed,
  annotations: { destructiveHint: false },
  async run(args, context) {
    protocolNamed(args.protocol);
    const label = args.chain === undefined ? undefined : chainNamed(context.mandate.terms, args.chain);
    const { asset } = positionNamed(await context.venue.observe(), args.position_id, label);
    return act("collect_lp_fees", { kind: "lp_collect_fees", position: asset }, context, args.dry_run);
  },
});

const wrapNative = wrapping("wrap_native", "wrap", "Wrap", "Turn the native coin into its wrapped form.");
const unwrapNative = wrapping("unwrap_native", "unwrap", "Unwrap", "Turn the wrapped coin into the native one.");

function wrapping(name: string, kind: "wrap" | "unwrap", title: string, says: string): Tool<EvmIntent, EvmObservation> {
  return defineTool<typeof wrapInput, typeof executed, EvmIntent, EvmObservation>({
    name,
    title,
    description: `${says} ${JUDGED}`,
    category: "action",
    input: wrapInput,
    output: executed,
    async run(args, context) {
      const label = chainNamed(context.mandate.terms, args.chain);
      return act(name, { kind, chain: label, amount: args.amount }, context, args.dry_run);
    },
  });
}

const depositVault = vaulting(
  "deposit_vault",
  "vault_deposit",
  "Deposit",
  "Put an amount of a vault's own asset into it, in whole tokens. Only vaults of the book.",
);
const withdrawVault = vaulting(
  "withdraw_vault",
  "vault_redeem",
  "Withdraw",
  'Take money out of a vault, in whole tokens of what it holds; "all" is always possible, a part only where the mandate trusts the vault.',
);

function vaulting(
  name: string,
  kind: "vault_deposit" | "vault_redeem",
  title: string,
  says: string,
): Tool<EvmIntent, EvmObservation> {
  return defineTool<typeof vaultInput, typeof executed, EvmIntent, EvmObservation>({
    name,
    title,
    description: `${says} ${JUDGED}`,
    category: "action",
    input: vaultInput,
    output: executed,
    async run(args, context) {
      const { asset } = vaultNamed(context.mandate.terms, await context.venue.observe(), args.vault, args.chain);
      return act(name, { kind, vault: asset, amount: args.amount }, context, args.dry_run);
    },
  });
}

/** What moves money on an EVM chain. */
export const EVM_ACTION_TOOLS: readonly Tool<EvmIntent, EvmObservation>[] = [
  swapTokens,
  openLpPosition,
  closeLpPosition,
  collectLpFees,
  wrapNative,
  unwrapNative,
  depositVault,
  withdrawVault,
];
