import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keccak256, toHex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { SECOND, systemClock } from "../../../src/core/clock.ts";
import { type Address, lower } from "../../../src/core/hex.ts";
import type { Outcome, Request } from "../../../src/gateway/contract.ts";
import { sealKeystore } from "../../../src/gateway/keys/seal-keystore.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { jsonOf, type Running, startCli } from "../../cli/support/run-cli.ts";
import { swapActions } from "../../support/house.ts";
import { SHIPPED_LIMITS } from "../../support/shipped-limits.ts";
import { scratch } from "./scratch.ts";

const CHAIN = 31341;
/** USD a day for both wallets together. */
export const SHARED = 200;
const NAMES = ["north", "south"] as const;
/** Of every keystore. */
export const PASSWORD = "a password of the tests";

export interface Member {
  readonly file: string;
  readonly address: Address;
  readonly wallet: `wallet:0x${string}`;
  readonly keystore: string;
}

/** What a member's gateway says when it serves. */
export interface Ready {
  readonly ready: string;
  readonly wallet: string;
  readonly url: string;
  readonly rpc: readonly string[];
}

export interface HouseOfTwo extends AsyncDisposable {
  readonly world: EvmWorld;
  readonly folder: string;
  readonly members: readonly [Member, Member];
  readonly tokens: readonly [string, string];
  /** The command line that serves both. */
  readonly args: readonly string[];
  /** Starts the real command; resolves when both are served. */
  start(): Promise<{ readonly running: Running; readonly ready: readonly [Ready, Ready] }>;
}

/** Two mandates with a key each and a budget together, on a chain that stands like a real one. */
export async function houseOfTwo(): Promise<HouseOfTwo> {
  const keys = NAMES.map((name) => keccak256(toHex(`mandate tests: house ${name}`)));
  const [north, south] = keys.map((key) => lower(privateKeyToAddress(key)));
  if (north === undefined || south === undefined) throw new TypeError("there are two keys");
  const fund = Object.fromEntries([north, south].map((address) => [address, { ETH: "1", USDC: "1000" }]));
  const now = Math.floor((await systemClock.now()) / SECOND) * SECOND;
  const world = await startEvmWorld({ seed: 1, start: now, chainId: CHAIN, volatility: { WETH: 0, GOV: 0 }, fund });
  // From here on its time is the machine's, as a chain's would be.
  await world.rpc("anvil_removeBlockTimestampInterval");
  const place = scratch();
  const { folder } = place;
  const password = join(folder, "pw");
  writeFileSync(password, `${PASSWORD}\n`);
  const member = (name: string, address: Address, privateKey: `0x${string}`): Member => {
    mkdirSync(join(folder, name));
    const [file, keystore] = [join(folder, name, "MANDATE.md"), join(folder, name, "key.json")];
    writeFileSync(file, mandateText(name, address, world.url));
    writeFileSync(keystore, sealKeystore({ privateKey, class: "live", password: PASSWORD }), { mode: 0o600 });
    return { file, address, wallet: `wallet:${address}`, keystore };
  };
  const members = [member("north", north, keys[0] ?? "0x"), member("south", south, keys[1] ?? "0x")] as const;
  const args = [
    ...["gateway", ...members.map(({ file }) => file), "--live", "--json", "--password-file", password],
    ...members.flatMap(({ keystore }) => ["--keystore", keystore]),
    ...["--listen", "127.0.0.1:0", "--rpc", "--tcp", "--operator-key", join(folder, "operator.key")],
  ];
  const token = async (file: string) => String((await jsonOf(["tokens", "new", file, "agent"])).document.token);
  const tokens = [await token(members[0].file), await token(members[1].file)] as const;
  return {
    world,
    folder,
    members,
    tokens,
    args,
    async start() {
      const running = startCli(args);
      try {
        const ready = [JSON.parse(await running.line()) as Ready, JSON.parse(await running.line()) as Ready] as const;
        return { running, ready };
      } catch (error) {
        await running[Symbol.asyncDispose]();
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await world.stop();
      place[Symbol.dispose]();
    },
  };
}

/** Buys WETH for dollars at a fair floor, in a session that stands. */
export async function buy(
  ask: { request(request: Request): Promise<Outcome> },
  { wallet, address }: Member,
  session: { readonly lease: number; readonly cycle: number },
  step: number,
  usd: string,
): Promise<Outcome> {
  const now = await systemClock.now();
  const floor = (Number(usd) / 3015).toFixed(18);
  const actions = swapActions({ sell: "USDC", buy: "WETH", amount: usd, floor, now, recipient: address });
  return ask.request({ wallet, ...session, step, actions });
}

function mandateText(id: string, wallet: Address, rpc: string): string {
  const chain = { ...EVM_BOOK.chains.base, id: CHAIN, rpc, confirmations: 1, block_seconds: 1 };
  const front = {
    id,
    venue: "evm",
    network: "live",
    numeraire: "USDC",
    every: "60s",
    decider: "structured",
    model: { provider: "scripted", id: "scripted" },
    limits: { ...SHIPPED_LIMITS, cooldown_seconds: 0, max_actions_per_plan: 100, two_rpcs_above_usd: 200_000 },
    fleet: { id: "desk", max_daily_spend_usd: SHARED, max_daily_loss_usd: 50 },
    networks: { live: { wallet, chains: { base: chain } } },
  };
  return `---\n${JSON.stringify(front, null, 2)}\n---\nHold half in WETH and half in USDC.\n`;
}
