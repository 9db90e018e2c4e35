import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { decimal, toUnits } from "../../src/core/decimal.ts";
import type { Outcome, Request } from "../../src/gateway/contract.ts";
import type { Crash } from "../../src/gateway/crash-point.ts";
import { type OpenedWallet, openWallet } from "../../src/gateway/open-wallet.ts";
import type { OperatorKey } from "../../src/gateway/operator/operator-key.ts";
import type { TimeSource } from "../../src/gateway/steady-time.ts";
import { parseMandate } from "../../src/mandate/parse-mandate.ts";
import { isRealMoney } from "../../src/mandate/real-money.ts";
import type { Mandate } from "../../src/mandate/terms.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { encodeSwap } from "../../src/protocols/uniswap-v3/router02.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { firstLive } from "./first-live.ts";

/** Limits for cases that are about one limit: the rest is unlimited. */
export const UNLIMITED = {
  allowed_tokens: ["WETH", "USDC"],
  max_single_trade_usd: "unlimited",
  max_daily_spend_usd: "unlimited",
  max_daily_loss_usd: "unlimited",
  max_position_size_usd: "unlimited",
  max_slippage_bps: "unlimited",
  max_exit_cost_bps: "unlimited",
  stop_loss_pct: "unlimited",
  max_trades_per_hour: "unlimited",
  cooldown_seconds: 0,
  max_consecutive_failures: "unlimited",
  max_actions_per_plan: "unlimited",
  max_gas_usd_per_day: "unlimited",
  exit_gas_usd_per_day: "unlimited",
  require_human_approval_above_usd: "unlimited",
};

/**
 * A mandate over the rehearsal world, with limits of the test's own over {@link UNLIMITED}.
 *
 * @param more - other keys of its frontmatter
 */
export function mandateOf(
  limits: Readonly<Record<string, unknown>> = {},
  book: unknown = EVM_BOOK,
  more: Readonly<Record<string, unknown>> = {},
): Mandate {
  const front = {
    id: "under-test",
    venue: "evm",
    network: "rehearsal",
    numeraire: "USDC",
    every: "60s",
    decider: "structured",
    model: { provider: "scripted", id: "scripted" },
    limits: { ...UNLIMITED, ...limits },
    networks: { rehearsal: book },
    ...more,
  };
  return parseMandate(`---\n${JSON.stringify(front)}\n---\nHold half in WETH and half in USDC.\n`, {
    file: "MANDATE.md",
    worldWallet: REHEARSAL_WALLET,
  });
}

export interface House extends AsyncDisposable {
  readonly world: EvmWorld;
  readonly mandate: Mandate;
  readonly home: string;
  readonly keyFile: string;
  readonly opened: OpenedWallet;
  /** Opens the next cycle and requests its actions as steps. */
  act(...requests: readonly (readonly Action[])[]): Promise<readonly Outcome[]>;
  /** Closes the gateway and opens it anew on the same journal. */
  restart(): Promise<void>;
}

export const START_FUNDS = { ETH: "1", WETH: "0.4", USDC: "300" };

export interface HouseOptions {
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly funds?: Readonly<Record<string, string>>;
  readonly crash?: Crash;
  /** A world to stand in, which the house does not stop. */
  readonly world?: EvmWorld;
  /** Where the gateway reaches the chain. Default: the world itself. */
  readonly endpoint?: string;
  /** What the gateway takes for the time. Default: the world's. */
  readonly clock?: TimeSource;
  readonly book?: unknown;
  /** Keys of the mandate's frontmatter beside these. */
  readonly front?: Readonly<Record<string, unknown>>;
  /** Holds a journal already; it is removed all the same. */
  readonly home?: string;
  /** Where the home is made, when none is given. Default: the system's folder for what is temporary. */
  readonly under?: string;
  readonly keyFile?: string;
  /** The operator's public key. */
  readonly operatorKey?: string;
  /** The operator's key: it orders the first start where the book's money is real. Default: {@link firstLive}'s. */
  readonly operator?: OperatorKey;
}

/** A world, a wallet in it and its gateway, in process. */
export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const { limits = {}, funds = START_FUNDS, crash, world: given } = options;
  const world = given ?? (await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: funds } }));
  const home = options.home ?? mkdtempSync(join(options.under ?? tmpdir(), "mandate-house-"));
  const mandate = mandateOf(limits, options.book, options.front);
  const keyFile = options.keyFile ?? join(home, "key.json");
  writeFileSync(keyFile, "");
  const operator = options.operator === undefined ? {} : { operatorKey: options.operator.publicKey };
  const open = async () =>
    openWallet({
      home,
      terms: mandate.terms,
      signer: privateKeyToAccount(REHEARSAL_KEY),
      keyFile,
      clock: options.clock ?? world.clock,
      endpoints: { base: options.endpoint ?? world.url },
      ...(crash ? { crash } : {}),
      ...(options.operatorKey === undefined ? operator : { operatorKey: options.operatorKey }),
      ...(isRealMoney(mandate) ? firstLive(mandate, await (options.clock ?? world.clock).now(), options.operator) : {}),
      onMirrorFailure: (failure) => {
        throw failure;
      },
    });
  let opened: OpenedWallet;
  try {
    opened = await open();
  } catch (error) {
    if (!given) await world.stop();
    throw error;
  }
  const house = {
    world,
    mandate,
    home,
    keyFile,
    get opened() {
      return opened;
    },
    async act(...requests: readonly (readonly Action[])[]) {
      const { gateway, wallet } = opened;
      const { lease, cycle } = await gateway.open(wallet);
      const outcomes: Outcome[] = [];
      for (const [i, actions] of requests.entries()) {
        outcomes.push(await gateway.request({ wallet, lease, cycle, step: i + 1, actions: actions as Request["actions"] }));
      }
      return outcomes;
    },
    async restart() {
      await opened.close();
      opened = await open();
    },
    async [Symbol.asyncDispose]() {
      await opened.close();
      if (!given) await world.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return house;
}

const base = EVM_BOOK.chains.base;

export function evmAction(call: { to: `0x${string}`; data: `0x${string}`; value: bigint }): Action {
  return { rail: "evm", chain: "base", from: "wallet", call };
}

type Token = keyof typeof base.assets;

export interface SwapOptions {
  readonly sell: Token;
  readonly buy: Token;
  readonly amount: string;
  /** Least that must come back, in whole tokens. */
  readonly floor: string;
  readonly now: number;
  readonly fee?: number;
  readonly recipient?: `0x${string}`;
  /** Seconds after `now`. */
  readonly validFor?: number;
}

/** An exact approval and the swap that uses it. */
export function swapActions(options: SwapOptions): readonly [Action, Action] {
  const { sell, amount } = options;
  const { address, decimals } = base.assets[sell];
  const units = toUnits(decimal(amount), decimals);
  return [evmAction(encodeApprove(address, base.contracts.router.address, units)), swapAction(options)];
}

export function swapAction({
  sell,
  buy,
  amount,
  floor,
  now,
  fee = 500,
  recipient = REHEARSAL_WALLET,
  validFor = 240,
}: SwapOptions): Action {
  return evmAction(
    encodeSwap({
      router: base.contracts.router.address,
      tokenIn: base.assets[sell].address,
      tokenOut: base.assets[buy].address,
      fee,
      recipient,
      amountIn: toUnits(decimal(amount), base.assets[sell].decimals),
      amountOutMinimum: toUnits(decimal(floor), base.assets[buy].decimals),
      deadline: BigInt(Math.floor(now / 1000) + validFor),
    }),
  );
}
