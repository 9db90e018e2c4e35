import type { Hex } from "viem";
import { encodeFunctionData } from "viem/utils";
import { SECOND } from "../../core/clock.ts";
import { fromUnits } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import type { EvmCall, Unknown } from "../effects.ts";
import { accountAt, assetAt, bareMeaning, poolOf, strayValue, unknown } from "../meaning.ts";
import type { CallContext, Meaning, Protocol } from "../protocol.ts";
import { callReader } from "../read-call.ts";
import { router02Abi as abi } from "./abi.ts";

/** The router's word for "whoever calls". 2 stands for the router itself, where what lies is nobody's. */
const MSG_SENDER: Address = "0x0000000000000000000000000000000000000001";
const DEEPEST = 4;
const readCall = callReader(abi);
/** Farther than any deadline that makes sense; what is beyond has no instant. */
const LAST_SECOND = 8_640_000_000_000n;

/** Uniswap v3's SwapRouter02: swaps against pinned pools, to own accounts, with their floor in the bytes. */
export const router02: Protocol = {
  kind: "uniswap-v3-router02",
  // Every payment is pulled from msg.sender, in its own functions and in the callback of a pool that it called itself.
  pullsOnlyFromCaller: true,
  decode: (context, call, label) => decodeAt(context, call, label, 0),
};

function decodeAt(context: CallContext, call: EvmCall, label: string, depth: number): Meaning {
  const read = readCall(call.data);
  const name = read?.functionName ?? call.data.slice(0, 10);
  const bare = bareMeaning(context, call, { contract: label, kind: router02.kind, name });
  const stray = depth === 0 ? strayValue(call) : [];
  if (!read || depth > DEEPEST) {
    return {
      ...bare,
      unknown: [...stray, unknown("FUNCTION_NOT_ALLOWED", `${label}.${name} has no meaning that can be bounded`)],
    };
  }
  const meaning = ((): Meaning => {
    switch (read.functionName) {
      case "multicall":
        return decodeMulticall(context, call, label, read.args, depth, bare);
      case "exactInputSingle": {
        const p = read.args[0];
        return swapMeaning(context, bare, {
          tokens: [p.tokenIn, p.tokenOut],
          fees: [p.fee],
          recipient: p.recipient,
          give: p.amountIn,
          get: p.amountOutMinimum,
          floorHolds: true,
        });
      }
      case "exactInput": {
        const p = read.args[0];
        const path = readPath(p.path);
        if (!path) return { ...bare, unknown: [unknown("MALFORMED_CALL", "the swap path is not a path")] };
        return swapMeaning(context, bare, {
          ...path,
          recipient: p.recipient,
          give: p.amountIn,
          get: p.amountOutMinimum,
          floorHolds: true,
        });
      }
      case "exactOutputSingle": {
        const p = read.args[0];
        return swapMeaning(context, bare, {
          tokens: [p.tokenIn, p.tokenOut],
          fees: [p.fee],
          recipient: p.recipient,
          give: p.amountInMaximum,
          get: p.amountOut,
          // With a price limit the router accepts any part of the output.
          floorHolds: p.sqrtPriceLimitX96 === 0n,
        });
      }
    }
  })();
  return { ...meaning, unknown: [...stray, ...meaning.unknown] };
}

interface Swap {
  readonly tokens: readonly Address[];
  readonly fees: readonly number[];
  readonly recipient: Address;
  readonly give: bigint;
  readonly get: bigint;
  readonly floorHolds: boolean;
}

function swapMeaning(context: CallContext, bare: Meaning, swap: Swap): Meaning {
  const { chain, book, accounts, from } = context;
  const assets = swap.tokens.map((token) => assetAt(chain, book, token));
  const [sold, bought] = [assets[0], assets[assets.length - 1]];
  const problems: Unknown[] = [];
  swap.tokens.forEach((token, i) => {
    if (!assets[i]) problems.push(unknown("TOKEN_NOT_ALLOWED", `${lower(token)} is no token of the book`));
  });
  const pools = swap.fees.map((fee, i) => {
    const [one, other] = [assets[i]?.symbol, assets[i + 1]?.symbol];
    const pool = one === undefined || other === undefined ? undefined : poolOf(book, one, other, fee);
    if (pool === undefined) {
      const pair = `${one ?? swap.tokens[i]}-${other ?? swap.tokens[i + 1]}`;
      problems.push(unknown("POOL_NOT_ALLOWED", `no pool of the book trades ${pair} at fee ${fee}`));
    }
    return pool;
  });
  const recipient = lower(swap.recipient) === MSG_SENDER ? from : accountAt(accounts, swap.recipient);
  if (recipient === undefined) problems.push(unknown("RECIPIENT_NOT_ALLOWED", `${lower(swap.recipient)} may not be paid`));
  if (swap.give === 0n) problems.push(unknown("MALFORMED_CALL", "an amount of 0 spends what lies in the router"));
  if (sold && bought && sold.id === bought.id) problems.push(unknown("MALFORMED_CALL", "the same token goes in and comes out"));
  if (swap.get === 0n || !swap.floorHolds) problems.push(unknown("NO_FLOOR", "the bytes guarantee nothing in return"));
  const give = sold && fromUnits(swap.give, sold.decimals);
  const get = bought && fromUnits(swap.get, bought.decimals);
  return {
    ...bare,
    call: {
      ...bare.call,
      args: {
        sell: sold?.symbol ?? String(swap.tokens[0]),
        buy: bought?.symbol ?? String(swap.tokens[swap.tokens.length - 1]),
        amount: give?.toFixed() ?? swap.give.toString(),
        least: get?.toFixed() ?? swap.get.toString(),
        recipient: recipient ?? lower(swap.recipient),
        pools: pools.map((pool) => pool ?? "?").join(","),
      },
    },
    gives: sold && give ? [{ account: from, asset: sold.id, amount: give }] : [],
    gets:
      bought && get && recipient !== undefined && swap.floorHolds ? [{ account: recipient, asset: bought.id, amount: get }] : [],
    pays: recipient === undefined && bought && get ? [{ to: lower(swap.recipient), asset: bought.id, amount: get }] : [],
    pools: pools.filter((pool) => pool !== undefined),
    timeSensitive: true,
    unknown: problems,
  };
}

function decodeMulticall(
  context: CallContext,
  call: EvmCall,
  label: string,
  args: readonly [bigint, readonly Hex[]] | readonly [readonly Hex[]],
  depth: number,
  bare: Meaning,
): Meaning {
  const [deadline, calls] = args.length === 2 ? args : [undefined, args[0]];
  const inner = calls.map((data) => decodeAt(context, { to: call.to, data, value: 0n }, label, depth + 1));
  const own = deadline === undefined || deadline > LAST_SECOND ? null : Number(deadline) * SECOND;
  const deadlines = [own, ...inner.map((meaning) => meaning.deadline)].filter((at) => at !== null);
  return {
    ...bare,
    call: {
      ...bare.call,
      args: own === null ? {} : { deadline: String(own / SECOND) },
      inner: inner.map((meaning) => meaning.call),
    },
    gives: inner.flatMap((meaning) => meaning.gives),
    gets: inner.flatMap((meaning) => meaning.gets),
    pays: inner.flatMap((meaning) => meaning.pays),
    approves: inner.flatMap((meaning) => meaning.approves),
    pools: [...new Set(inner.flatMap((meaning) => meaning.pools))],
    deadline: deadlines.length === 0 ? null : Math.min(...deadlines),
    timeSensitive: inner.some((meaning) => meaning.timeSensitive),
    unknown: inner.flatMap((meaning) => meaning.unknown),
  };
}

/** Tokens and fees of a packed path: 20 bytes, then 3 + 20 for each hop. */
function readPath(path: Hex): { tokens: Address[]; fees: number[] } | undefined {
  const bytes = (path.length - 2) / 2;
  if (bytes < 43 || (bytes - 20) % 23 !== 0) return undefined;
  const tokens: Address[] = [`0x${path.slice(2, 42)}`];
  const fees: number[] = [];
  for (let at = 42; at < path.length; at += 46) {
    fees.push(Number.parseInt(path.slice(at, at + 6), 16));
    tokens.push(`0x${path.slice(at + 6, at + 46)}`);
  }
  return { tokens, fees };
}

export interface SwapParameters {
  readonly router: Address;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  /** The pool's fee in hundredths of a basis point. */
  readonly fee: number;
  readonly recipient: Address;
  readonly amountIn: bigint;
  readonly amountOutMinimum: bigint;
  /** Seconds since 1970. */
  readonly deadline: bigint;
}

/** One swap with its floor and its deadline in the bytes: `multicall(deadline, [exactInputSingle])`. */
export function encodeSwap({ router, deadline, ...params }: SwapParameters): EvmCall {
  const swap = encodeFunctionData({ abi, functionName: "exactInputSingle", args: [{ ...params, sqrtPriceLimitX96: 0n }] });
  return { to: router, data: encodeFunctionData({ abi, functionName: "multicall", args: [deadline, [swap]] }), value: 0n };
}
