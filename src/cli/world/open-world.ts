import { privateKeyToAddress } from "viem/accounts";
import { type Instant, SECOND } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import { ACTOR_KEYS } from "../../worlds/anvil/actors.ts";
import { startAnvil } from "../../worlds/anvil/anvil.ts";
import { startEvmWorld } from "../../worlds/anvil/evm-world.ts";
import { jsonRpc } from "../../worlds/anvil/json-rpc.ts";
import { REHEARSAL_KEY } from "../../worlds/anvil/rehearsal-wallet.ts";
import { mineBlock } from "../../worlds/anvil/send-transaction.ts";
import type { WORLD_ADDRESSES } from "../../worlds/anvil/world-addresses.ts";

export interface OpenWorldOptions {
  readonly seed: string;
  readonly chainId?: number;
  /** Begin where the chain behind this URL is. */
  readonly forkOf?: string;
  /** When the world's time begins. */
  readonly start?: Instant;
}

export interface WorldAccount {
  readonly name: string;
  readonly address: Address;
  /** Anybody can know it. */
  readonly private_key: Hex;
  readonly holds: Readonly<Record<string, string>>;
}

/** What a user of the world is told. */
export interface AboutWorld {
  readonly chain_id: number;
  readonly seed: string | null;
  readonly fork_of: string | null;
  readonly accounts: readonly WorldAccount[];
  /** Where the world's contracts are; null for a fork, which has its parent's. */
  readonly addresses: typeof WORLD_ADDRESSES | null;
}

export interface OpenedWorld extends AsyncDisposable {
  readonly url: string;
  readonly about: AboutWorld;
  now(): Promise<Instant>;
  /** Brings the world's time to an instant. */
  advance(until: Instant): Promise<void>;
}

const AGENT = { name: "agent", address: lower(privateKeyToAddress(REHEARSAL_KEY)), private_key: REHEARSAL_KEY };
const USER_KEYS: readonly Hex[] = [ACTOR_KEYS.deployer, ACTOR_KEYS.trader];
const FUNDS = { ETH: "10", WETH: "10", USDC: "50000", DAI: "50000", GOV: "1000" };
const ETHER = { ETH: "1000" };

/** Starts a world with its own market, or a fork of another chain. */
export function openWorld(options: OpenWorldOptions): Promise<OpenedWorld> {
  return options.forkOf === undefined ? openMarket(options) : openFork(options, options.forkOf);
}

async function openMarket({ seed, chainId, start }: OpenWorldOptions): Promise<OpenedWorld> {
  const world = await startEvmWorld({
    seed,
    fund: { [AGENT.address]: FUNDS },
    ...(chainId === undefined ? {} : { chainId }),
    ...(start === undefined ? {} : { start }),
  });
  return {
    url: world.url,
    about: {
      chain_id: world.chainId,
      seed,
      fork_of: null,
      accounts: [{ ...AGENT, holds: FUNDS }],
      addresses: world.addresses,
    },
    now: () => world.clock.now(),
    advance: (until) => world.advance(until),
    [Symbol.asyncDispose]: () => world.stop(),
  };
}

async function openFork({ chainId }: OpenWorldOptions, url: string): Promise<OpenedWorld> {
  const parent = await chainIdAt(url);
  const id = chainId ?? parent + 1;
  if (id === parent) {
    throw new UsageError(
      `a fork of chain ${parent} cannot have the id ${parent}: what is signed for one would be valid on the other`,
      {
        remedy: "Leave --chain-id out, or give another.",
      },
    );
  }
  const chain = await startAnvil({ forkUrl: url, chainId: id });
  const accounts = [
    AGENT,
    ...USER_KEYS.map((key, i) => ({ name: `user ${i + 1}`, address: lower(privateKeyToAddress(key)), private_key: key })),
  ];
  for (const { address } of accounts) await chain.rpc("anvil_setBalance", [address, `0x${(1_000n * 10n ** 18n).toString(16)}`]);
  const latest = async () => {
    const { timestamp } = (await chain.rpc("eth_getBlockByNumber", ["latest", false])) as { readonly timestamp: Hex };
    return Number(timestamp);
  };
  return {
    url: chain.url,
    about: {
      chain_id: id,
      seed: null,
      fork_of: url,
      accounts: accounts.map((account) => ({ ...account, holds: ETHER })),
      addresses: null,
    },
    now: async () => (await latest()) * SECOND,
    async advance(until) {
      const at = Math.floor(until / SECOND);
      if (at > (await latest())) await mineBlock(chain, at);
    },
    [Symbol.asyncDispose]: () => chain.stop(),
  };
}

async function chainIdAt(url: string): Promise<number> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`${JSON.stringify(url)} is no http(s) URL`, { remedy: "Give the chain's JSON-RPC URL." });
  }
  const rpc = jsonRpc(url);
  try {
    return Number((await rpc.request("eth_chainId")) as Hex);
  } catch (cause) {
    throw new UsageError(`no chain answers at ${url}`, { remedy: "Give the URL of a chain's JSON-RPC.", cause });
  } finally {
    rpc.close();
  }
}
