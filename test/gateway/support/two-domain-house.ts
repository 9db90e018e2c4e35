import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { checkStream } from "../../../src/cli/journal/check-stream.ts";
import { DAY, SECOND } from "../../../src/core/clock.ts";
import { decimal, toUnits } from "../../../src/core/decimal.ts";
import type { Address } from "../../../src/core/hex.ts";
import type { Outcome, Request } from "../../../src/gateway/contract.ts";
import type { Crash } from "../../../src/gateway/crash-point.ts";
import { type OpenedWallet, openWallet } from "../../../src/gateway/open-wallet.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import { encodeApprove } from "../../../src/protocols/erc20.ts";
import { transferRemoteCall } from "../../../src/protocols/hyperlane/warp-route.ts";
import { EVM_ADDRESSES } from "../../../src/worlds/anvil/evm-addresses.ts";
import { deliver, dispatchedFrom } from "../../../src/worlds/anvil/hyperlane/relay.ts";
import {
  startTwoDomains,
  type TwoDomains,
  type TwoDomainsOptions,
  twoDomainBook,
} from "../../../src/worlds/anvil/hyperlane/two-domains.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { SYMBOLS } from "../../../src/worlds/anvil/world-spec.ts";
import { mandateOf } from "../../support/house.ts";

export type Side = "base" | "arb";

/** Limits under which a transfer between domains passes and a lossy one does not. */
export const BRIDGING = {
  allowed_tokens: ["WETH", "USDC", "DAI", "hDAI", "ETH"],
  max_slippage_bps: 100,
  max_exit_cost_bps: 100,
};

export const FUNDS = { ETH: "1", WETH: "0.4", USDC: "300", DAI: "200" };

export interface TwoDomainHouse extends AsyncDisposable {
  readonly domains: TwoDomains;
  readonly home: string;
  readonly opened: OpenedWallet;
  act(...requests: readonly (readonly Action[])[]): Promise<readonly Outcome[]>;
  /** Closes the gateway and opens it anew, without what made it crash. */
  restart(anew?: { readonly endpoints?: Partial<Record<Side, string>> }): Promise<void>;
  /** Delivers every message of a side that was not delivered before. How many. */
  relay(from: Side): Promise<number>;
  kinds(): Promise<readonly string[]>;
  /** What `mandate verify` says. */
  verified(): Promise<unknown>;
}

export interface TwoDomainHouseOptions extends Pick<TwoDomainsOptions, "collateral"> {
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly crash?: Crash;
  /** The operator's public key. */
  readonly operatorKey?: string;
  /** Two domains to stand on, which the house does not stop. */
  readonly domains?: TwoDomains;
  readonly book?: (domains: TwoDomains) => unknown;
}

export function startDomains(options: Pick<TwoDomainsOptions, "collateral"> = {}): Promise<TwoDomains> {
  return startTwoDomains({ seed: 1, fund: { [REHEARSAL_WALLET]: FUNDS }, ...options });
}

/** A wallet on two domains and its gateway, in process; the test is the relayer. */
export async function openTwoDomainHouse(options: TwoDomainHouseOptions = {}): Promise<TwoDomainHouse> {
  const { limits = BRIDGING, domains: given, book = twoDomainBook } = options;
  const domains = given ?? (await startDomains(options));
  const home = mkdtempSync(join(tmpdir(), "mandate-domains-"));
  const keyFile = join(home, "key.json");
  writeFileSync(keyFile, "");
  const { base, arb } = domains;
  const end = async () => {
    if (!given) await domains.stop();
    rmSync(home, { recursive: true, force: true });
  };
  const open = ({ crash, endpoints }: { crash?: Crash | undefined; endpoints?: Partial<Record<Side, string>> | undefined }) =>
    openWallet({
      home,
      terms: mandateOf(limits, book(domains)).terms,
      signer: privateKeyToAccount(REHEARSAL_KEY),
      keyFile,
      clock: base.world.clock,
      endpoints: { base: base.world.url, arb: arb.world.url, ...endpoints },
      ...(crash ? { crash } : {}),
      ...(options.operatorKey === undefined ? {} : { operatorKey: options.operatorKey }),
      onMirrorFailure: (failure) => {
        throw failure;
      },
    });
  let opened: OpenedWallet;
  try {
    opened = await open({ crash: options.crash });
  } catch (error) {
    await end();
    throw error;
  }
  const relayed = new Set<string>();
  return {
    domains,
    home,
    get opened() {
      return opened;
    },
    async act(...requests) {
      const { gateway, wallet } = opened;
      const { lease, cycle } = await gateway.open(wallet);
      const outcomes: Outcome[] = [];
      for (const [i, actions] of requests.entries()) {
        outcomes.push(await gateway.request({ wallet, lease, cycle, step: i + 1, actions: actions as Request["actions"] }));
      }
      return outcomes;
    },
    async restart(anew = {}) {
      await opened.close();
      opened = await open(anew);
    },
    async relay(from) {
      const [here, there] = from === "base" ? [base, arb] : [arb, base];
      const messages = (await dispatchedFrom(here.site, here.contracts.mailbox)).filter(({ id }) => !relayed.has(id));
      for (const { id, message } of messages) {
        await deliver(there.site, there.contracts.mailbox, message);
        relayed.add(id);
      }
      return messages.length;
    },
    async kinds() {
      const { journal, stream } = opened.stream;
      const kinds: string[] = [];
      for await (const { kind } of journal.read(stream)) kinds.push(kind);
      return kinds;
    },
    async verified() {
      const { ok, first_bad } = await checkStream(opened.stream.journal, opened.stream.stream);
      return ok ? true : first_bad;
    },
    async [Symbol.asyncDispose]() {
      await opened.close();
      await end();
    },
  };
}

export function on(chain: Side, call: { to: Address; data: `0x${string}`; value: bigint }): Action {
  return { rail: "evm", chain, from: "wallet", call };
}

interface Sending {
  readonly from?: Side;
  readonly route?: "usdc" | "dai" | "eth";
  /** Whole tokens. */
  readonly amount: string;
  readonly domain?: number;
  readonly recipient?: Address;
  readonly value?: bigint;
  /** Whole tokens that are approved. Default: the amount. */
  readonly approve?: string;
}

/** An exact approval, where one is needed, and the transfer to the other domain. */
export function sending(domains: TwoDomains, wanted: Sending): readonly Action[] {
  const { from = "base", route = "usdc", amount, recipient = REHEARSAL_WALLET, approve = amount } = wanted;
  const [here, there] = from === "base" ? [domains.base, domains.arb] : [domains.arb, domains.base];
  const decimals = route === "usdc" ? 6 : 18;
  const units = toUnits(decimal(amount), decimals);
  const { tokens } = EVM_ADDRESSES;
  const locked = route === "usdc" ? tokens.USDC : route === "dai" && from === "base" ? tokens.DAI : null;
  const value = wanted.value ?? (route === "eth" ? units + domains.fee : domains.fee);
  const transfer = transferRemoteCall(here.routes[route], { domain: wanted.domain ?? there.domain, recipient, units, value });
  return [
    ...(locked === null ? [] : [on(from, encodeApprove(locked, here.routes[route], toUnits(decimal(approve), decimals)))]),
    on(from, transfer),
  ];
}

/** What is under way, by the gateway's own fold. */
export function underWay({ opened }: TwoDomainHouse) {
  return Object.values(opened.stream.state.transit.underWay);
}

/** A day passes on both sides in one block, and every feed answers again. */
export async function nextDay({ base, arb }: TwoDomains): Promise<void> {
  for (const { world } of [base, arb]) {
    const now = await world.clock.now();
    await world.rpc("evm_setNextBlockTimestamp", [(now + DAY) / SECOND]);
    await world.mine();
    for (const symbol of SYMBOLS) await world.setFeed(symbol, world.truePrice(symbol));
  }
}
