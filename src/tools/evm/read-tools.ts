import { z } from "zod";
import { isoTime, SECOND } from "../../core/clock.ts";
import { ONE, ratio } from "../../core/decimal.ts";
import { assetId, type Prices, priceIn, splitAssetId } from "../../protocols/effects.ts";
import type { Flow } from "../../protocols/protocol.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import type { EvmObservation, SeenPool, SeenPosition } from "../../venues/evm/observation.ts";
import { afterFee } from "../../venues/evm/pool-math.ts";
import { usdOf } from "../render-verdict.ts";
import { account, chain, figure, token } from "../schemas.ts";
import { defineTool, type Tool } from "../tool.ts";
import { ToolError } from "../tool-error.ts";
import { accountNamed, type NamedToken, poolsNamed, positionNamed, tokenNamed, vaultNamed } from "./names.ts";

const priceInput = z.strictObject({ token, chain });
const balanceInput = z.strictObject({ token, chain, account });
const balancesInput = z.strictObject({ tokens: z.array(token).min(1).max(50), chain, account });
const poolInput = z.strictObject({
  token_a: token,
  token_b: token,
  fee_tier: z.int().min(100).max(100_000).optional().describe("hundredths of a basis point; left out: every pool of the two"),
  chain,
});
const positionInput = z.strictObject({ position_id: z.string().min(1).max(120), chain });
const positionsInput = z.strictObject({ chain });
const vaultInput = z.strictObject({ vault: token, chain });

const balance = z.strictObject({ account: z.string(), asset: z.string(), amount: figure, value_usd: figure.nullable() });
const amounts = z.record(z.string(), figure);
const position = z.strictObject({
  position: z.string(),
  position_id: z.string(),
  account: z.string(),
  pool: z.string(),
  in_range: z.boolean(),
  lower: figure,
  upper: figure,
  liquidity: figure,
  holds: amounts,
  value_usd: figure.nullable(),
  fees_owed: amounts,
  fees_owed_usd: figure.nullable(),
});

const getPrice = defineTool<typeof priceInput, z.ZodType, EvmIntent, EvmObservation>({
  name: "get_price",
  title: "Price",
  description:
    "USD for one whole token, from the source that the mandate pins, with its age and how far it may be off. Never a pool's own price.",
  category: "data",
  input: priceInput,
  output: z.strictObject({
    asset: z.string(),
    price_usd: figure,
    error_bps: figure,
    source: z.string(),
    at: z.string(),
    age_seconds: z.int(),
  }),
  async run(args, { venue, mandate }) {
    const named = tokenNamed(mandate.terms, args.token, args.chain);
    const seen = await venue.observe();
    const price = seen.prices[named.asset];
    if (!price || !("usd" in price)) {
      throw new ToolError("no_price", price ? `${price.missing}: ${price.reason}` : `no source prices ${named.asset}`, {
        remedy: "Without a price nothing of it can be bought. Ask again later.",
      });
    }
    const age = Math.max(0, Math.floor((seen.at - price.at) / SECOND));
    return {
      data: {
        asset: named.asset,
        price_usd: price.usd.toFixed(),
        error_bps: price.error_bps.toFixed(),
        source: sourceOf(named, mandate.terms.book.chains),
        at: isoTime(price.at),
        age_seconds: age,
      },
      explanation: `1 ${named.symbol} is ${price.usd.toSignificantDigits(8).toFixed()} USD (${age} s old)`,
    };
  },
});

const getBalance = defineTool<typeof balanceInput, z.ZodType, EvmIntent, EvmObservation>({
  name: "get_balance",
  title: "Balance",
  description: "How much of a token an own account holds, in whole tokens and in USD.",
  category: "data",
  input: balanceInput,
  output: balance,
  async run(args, { venue, mandate }) {
    const named = tokenNamed(mandate.terms, args.token, args.chain);
    const found = balanceOf(
      await venue.observe(),
      named,
      accountNamed(mandate.terms, args.account) ?? firstOf(mandate.terms.accounts),
    );
    return {
      data: found,
      explanation: `${found.amount} ${named.symbol}${found.value_usd === null ? "" : `, worth ${found.value_usd} USD`}`,
    };
  },
});

const batchGetBalances = defineTool<typeof balancesInput, z.ZodType, EvmIntent, EvmObservation>({
  name: "batch_get_balances",
  title: "Balances",
  description: "How much of several tokens an own account holds, in whole tokens and in USD, all at one block.",
  category: "data",
  input: balancesInput,
  output: z.strictObject({ balances: z.array(balance) }),
  async run(args, { venue, mandate }) {
    const named = args.tokens.map((one) => tokenNamed(mandate.terms, one, args.chain));
    const who = accountNamed(mandate.terms, args.account) ?? firstOf(mandate.terms.accounts);
    const seen = await venue.observe();
    const balances = named.map((one) => balanceOf(seen, one, who));
    return {
      data: { balances },
      explanation: balances.map(({ amount, asset }) => `${amount} ${splitAssetId(asset).symbol}`).join(", "),
    };
  },
});

const resolveToken = defineTool<typeof priceInput, z.ZodType, EvmIntent, EvmObservation>({
  name: "resolve_token",
  title: "Resolve a token",
  description:
    "Which token of the mandate's book a symbol or an address means. A token outside of the book is refused, whatever it calls itself.",
  category: "data",
  input: priceInput,
  output: z.strictObject({
    asset: z.string(),
    symbol: z.string(),
    chain: z.string(),
    address: z.string().nullable(),
    decimals: z.int(),
    kind: z.string(),
    allowed: z.boolean(),
  }),
  annotations: { openWorldHint: false },
  async run(args, { mandate }) {
    const { asset, symbol, chain: label, address, decimals, kind } = tokenNamed(mandate.terms, args.token, args.chain);
    const { limits, numeraire } = mandate.terms;
    const allowed = symbol === numeraire || limits.allowed_tokens.includes(symbol);
    return {
      data: { asset, symbol, chain: label, address, decimals, kind, allowed },
      explanation: `${symbol} on ${label}${address === null ? ", the native coin" : ` at ${address}`}${allowed ? "" : "; the mandate does not allow it to be bought"}`,
    };
  },
});

const getPoolState = defineTool<typeof poolInput, z.ZodType, EvmIntent, EvmObservation>({
  name: "get_pool_state",
  title: "Pool state",
  description:
    "Pools of two tokens: price (token_b for one token_a), the pinned price beside it, liquidity in range, and the USD that moves it by 1 %.",
  category: "data",
  input: poolInput,
  output: z.strictObject({
    pools: z.array(
      z.strictObject({
        pool: z.string(),
        address: z.string(),
        fee_tier: z.int(),
        price: figure,
        pinned_price: figure.nullable(),
        distance_bps: figure.nullable(),
        liquidity: figure,
        usd_that_moves_it_1_pct: figure.nullable(),
        price_after_fee: figure,
      }),
    ),
  }),
  async run(args, { venue, mandate }) {
    const [one, other] = [
      tokenNamed(mandate.terms, args.token_a, args.chain),
      tokenNamed(mandate.terms, args.token_b, args.chain),
    ];
    const seen = await venue.observe();
    const pools = poolsNamed(seen, one, other, args.fee_tier).map((pool) => poolRow(pool, one, other, seen.prices));
    return {
      data: { pools },
      explanation: pools.map(({ pool, price }) => `${pool}: ${price} ${other.symbol} for 1 ${one.symbol}`).join("; "),
    };
  },
});

const getLpPosition = defineTool<typeof positionInput, z.ZodType, EvmIntent, EvmObservation>({
  name: "get_lp_position",
  title: "Liquidity position",
  description: "An own liquidity position: its range, whether it is in it, what it holds and what it is owed, at pinned prices.",
  category: "data",
  input: positionInput,
  output: position,
  async run(args, { venue }) {
    const seen = await venue.observe();
    const row = positionRow(positionNamed(seen, args.position_id, args.chain), seen.prices);
    return {
      data: row,
      explanation: `position ${row.position_id}: ${row.in_range ? "in" : "out of"} its range, worth ${row.value_usd ?? "an unknown amount of"} USD, owed ${row.fees_owed_usd ?? "?"} USD`,
    };
  },
});

const listLpPositions = defineTool<typeof positionsInput, z.ZodType, EvmIntent, EvmObservation>({
  name: "list_lp_positions",
  title: "Liquidity positions",
  description: "Every own liquidity position in the pools of the book.",
  category: "data",
  input: positionsInput,
  output: z.strictObject({ positions: z.array(position) }),
  async run(args, { venue }) {
    const seen = await venue.observe();
    const positions = seen.positions
      .filter((one) => args.chain === undefined || one.chain === args.chain)
      .map((one) => positionRow(one, seen.prices));
    return { data: { positions }, explanation: positions.length === 0 ? "no position is held" : `${positions.length} held` };
  },
});

const getVaultState = defineTool<typeof vaultInput, z.ZodType, EvmIntent, EvmObservation>({
  name: "get_vault_state",
  title: "Vault state",
  description: "An ERC-4626 vault of the book: what it holds, what one share costs, and what the own shares redeem now.",
  category: "data",
  input: vaultInput,
  output: z.strictObject({
    vault: z.string(),
    account: z.string(),
    underlying: z.string(),
    share_price: figure.nullable(),
    shares: figure,
    redeemable: figure,
    redeemable_usd: figure.nullable(),
  }),
  async run(args, { venue, mandate }) {
    const seen = await venue.observe();
    const vault = vaultNamed(mandate.terms, seen, args.vault, args.chain);
    const { symbol } = splitAssetId(vault.underlying);
    const data = {
      vault: vault.asset,
      account: vault.account,
      underlying: vault.underlying,
      share_price: vault.shares_each.isZero() ? null : ratio(ONE, vault.shares_each).toFixed(),
      shares: vault.shares.toFixed(),
      redeemable: vault.redeemable.toFixed(),
      redeemable_usd: usdOf(seen.prices, vault.underlying, vault.redeemable),
    };
    return { data, explanation: `${data.shares} shares redeem ${data.redeemable} ${symbol}` };
  },
});

/** What can be asked of an EVM chain. */
export const EVM_READ_TOOLS: readonly Tool<EvmIntent, EvmObservation>[] = [
  getPrice,
  getBalance,
  batchGetBalances,
  resolveToken,
  getPoolState,
  getLpPosition,
  listLpPositions,
  getVaultState,
];

function firstOf(accounts: Readonly<Record<string, string>>): string {
  return Object.keys(accounts)[0] ?? "wallet";
}

function sourceOf(
  { chain: label, symbol, kind }: NamedToken,
  chains: Readonly<
    Record<
      string,
      {
        readonly native: { readonly symbol: string; readonly priced_as: string };
        readonly feeds: Readonly<Record<string, { readonly kind: string; readonly address: string }>>;
      }
    >
  >,
): string {
  const book = chains[label];
  const feed = book?.feeds[book.native.symbol === symbol ? book.native.priced_as : symbol];
  if (feed) return `${feed.kind === "peg" ? "peg, checked against " : ""}feed ${feed.address} on ${label}`;
  return kind === "erc4626" ? `what a share redeems on ${label}` : `the mandate's book of ${label}`;
}

function balanceOf(seen: EvmObservation, { asset, symbol }: NamedToken, who: string) {
  const held = seen.holdings.find((one) => one.account === who && one.asset === asset);
  if (!held && seen.unknowns.some((unknown) => unknown.startsWith(`the balance of ${asset} in ${who} `))) {
    throw new ToolError("rpc_failed", `the balance of ${symbol} cannot be read`, { remedy: "Ask again later." });
  }
  return {
    account: who,
    asset,
    amount: held?.amount.toFixed() ?? "0",
    value_usd: held?.value_usd?.toFixed(2) ?? (held ? null : "0.00"),
  };
}

function poolRow(pool: SeenPool, one: NamedToken, other: NamedToken, prices: Prices) {
  const price = pool.base === one.symbol ? pool.mid : ratio(ONE, pool.mid);
  const [usd, each] = [priceIn(prices, one.asset)?.usd, priceIn(prices, other.asset)?.usd];
  const pinned = usd && each && !each.isZero() ? ratio(usd, each) : null;
  return {
    pool: assetId(pool.chain, pool.label),
    address: pool.address,
    fee_tier: pool.fee,
    price: price.toSignificantDigits(12).toFixed(),
    pinned_price: pinned?.toSignificantDigits(12).toFixed() ?? null,
    distance_bps: pinned ? price.div(pinned).minus(1).times(10_000).toFixed(1) : null,
    liquidity: pool.liquidity.toFixed(),
    usd_that_moves_it_1_pct: pool.depth_usd?.toFixed(0) ?? null,
    price_after_fee: price.times(afterFee(pool.fee)).toSignificantDigits(12).toFixed(),
  };
}

export function positionRow(seen: SeenPosition, prices: Prices) {
  const { asset, own, account: who, chain: label, pool, in_range, lower, upper, holds, owed } = seen;
  return {
    position: asset,
    position_id: own.id.toString(),
    account: who,
    pool: assetId(label, pool),
    in_range,
    lower: lower.toSignificantDigits(12).toFixed(),
    upper: upper.toSignificantDigits(12).toFixed(),
    liquidity: own.liquidity.toString(),
    holds: Object.fromEntries(holds.map((flow) => [flow.asset, flow.amount.toFixed()])),
    value_usd: flowsUsd(holds, prices)?.toFixed(2) ?? null,
    fees_owed: Object.fromEntries(owed.map((flow) => [flow.asset, flow.amount.toFixed()])),
    fees_owed_usd: flowsUsd(owed, prices)?.toFixed(2) ?? null,
  };
}

/** USD of several flows. Null: one of them has no price. */
export function flowsUsd(flows: readonly Flow[], prices: Prices) {
  const values = flows.map((flow) => priceIn(prices, flow.asset)?.usd.times(flow.amount));
  return values.reduce<(typeof values)[number] | null>(
    (total, value) => (total && value ? total.plus(value) : null),
    ONE.minus(1),
  );
}
