import type { Abi } from "viem";
import { encodeDeployData, encodeFunctionData, getContractAddress } from "viem/utils";
import { type Address, type Hex, lower } from "../../../core/hex.ts";
import { DEPLOYER } from "../actors.ts";
import type { Anvil } from "../anvil.ts";
import { sendTransaction } from "../send-transaction.ts";
import {
  COLLATERAL_DEPLOY_ABI,
  MAILBOX_DEPLOY_ABI,
  NATIVE_DEPLOY_ABI,
  PROTOCOL_FEE_ABI,
  ROUTE_OWNER_ABI,
  SYNTHETIC_DEPLOY_ABI,
} from "./hyperlane-abi.ts";
import { type HyperlaneContract, hyperlaneBytecode } from "./hyperlane-artifacts.ts";

/** The node of a world, as far as a deployment needs it. */
export type DomainNode = Pick<Anvil, "url" | "chainId" | "rpc" | "rpcAll" | "stop">;

/** What every domain has. Addresses in lower case. */
export interface DomainContracts {
  readonly mailbox: Address;
  /** Takes every message for true. */
  readonly ism: Address;
  /** Asked for every message; takes {@link DomainOptions.fee} and gives back the rest. */
  readonly requiredHook: Address;
  /** Asked where a route names no hook. */
  readonly hook: Address;
}

export interface DomainOptions {
  readonly domain: number;
  /** Of each message, in wei. */
  readonly fee: bigint;
}

export interface RouteOptions {
  readonly mailbox: Address;
  /** Message units for one of the token's base units. Default 1/1. */
  readonly scale?: readonly [bigint, bigint];
}

/** The most that a fee hook may ever be set to, in wei. */
const MOST_FEE = 10n ** 18n;
const NOBODY: Address = `0x${"0".repeat(40)}`;

/** The world's deployer, who puts a domain's contracts onto a chain and owns them. */
export class HyperlaneSite {
  readonly node: DomainNode;
  readonly #cache: string | undefined;

  constructor(node: DomainNode, cache?: string) {
    this.node = node;
    this.#cache = cache;
  }

  /**
   * A mailbox with hooks and a security module, as published.
   *
   * @throws {PackageFetchError | PackageIntegrityError} when the published contracts cannot be had.
   */
  async deployDomain({ domain, fee }: DomainOptions): Promise<DomainContracts> {
    const owner = DEPLOYER.address;
    const mailbox = await this.#deploy("Mailbox", MAILBOX_DEPLOY_ABI, [domain]);
    const ism = await this.#deploy("TestIsm", [], []);
    const hook = await this.#deploy("TestPostDispatchHook", [], []);
    const requiredHook = await this.#deploy("ProtocolFee", PROTOCOL_FEE_ABI, [MOST_FEE, fee, owner, owner]);
    await this.call(mailbox, MAILBOX_DEPLOY_ABI, "initialize", [owner, ism, hook, requiredHook]);
    return { mailbox, ism, hook, requiredHook };
  }

  /** A route that locks a token here. */
  async deployCollateral(
    token: Address,
    { mailbox, scale: [numerator, denominator] = [1n, 1n] }: RouteOptions,
  ): Promise<Address> {
    const route = await this.#deploy("HypERC20Collateral", COLLATERAL_DEPLOY_ABI, [token, numerator, denominator, mailbox]);
    await this.call(route, COLLATERAL_DEPLOY_ABI, "initialize", [NOBODY, NOBODY, DEPLOYER.address]);
    return route;
  }

  /** A route that locks native coin here. */
  async deployNative({ mailbox, scale: [numerator, denominator] = [1n, 1n] }: RouteOptions): Promise<Address> {
    const route = await this.#deploy("HypNative", NATIVE_DEPLOY_ABI, [numerator, denominator, mailbox]);
    await this.call(route, NATIVE_DEPLOY_ABI, "initialize", [NOBODY, NOBODY, DEPLOYER.address]);
    return route;
  }

  /** A route that is its own token: minted for what is locked elsewhere. */
  async deploySynthetic(
    { symbol, decimals }: { readonly symbol: string; readonly decimals: number },
    { mailbox, scale: [numerator, denominator] = [1n, 1n] }: RouteOptions,
  ): Promise<Address> {
    const route = await this.#deploy("HypERC20", SYNTHETIC_DEPLOY_ABI, [decimals, numerator, denominator, mailbox]);
    const names = [0n, symbol, symbol, NOBODY, NOBODY, DEPLOYER.address];
    await this.call(route, SYNTHETIC_DEPLOY_ABI, "initialize", names);
    return route;
  }

  async enroll(route: Address, domain: number, remote: Address): Promise<void> {
    await this.call(route, ROUTE_OWNER_ABI, "enrollRemoteRouter", [domain, `0x${remote.slice(2).padStart(64, "0")}`]);
  }

  /** Calls as the owner. @throws {WorldTransactionError} */
  async call(to: Address, abi: Abi, functionName: string, args: readonly unknown[], value = 0n): Promise<void> {
    const data = encodeFunctionData({ abi, functionName, args });
    await sendTransaction(this.node, { from: DEPLOYER, nonce: await this.#nonce(), to, data, value });
  }

  async #deploy(contract: HyperlaneContract, abi: Abi, args: readonly unknown[]): Promise<Address> {
    const bytecode = await hyperlaneBytecode(contract, this.#cache);
    const nonce = await this.#nonce();
    await sendTransaction(this.node, { from: DEPLOYER, nonce, data: encodeDeployData({ abi, bytecode, args }) });
    return lower(getContractAddress({ from: DEPLOYER.address, nonce: BigInt(nonce) }));
  }

  async #nonce(): Promise<number> {
    return Number((await this.node.rpc("eth_getTransactionCount", [DEPLOYER.address, "latest"])) as Hex);
  }
}
