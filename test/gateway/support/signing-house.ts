import { type Abi, encodeFunctionData, maxUint256, parseAbi, toHex } from "viem";
import { decimal, toUnits } from "../../../src/core/decimal.ts";
import { InvariantError } from "../../../src/core/errors.ts";
import { type Address, type Hex, lower } from "../../../src/core/hex.ts";
import type { Outcome } from "../../../src/gateway/contract.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import { SIGNATURE_TYPES, type SignatureName } from "../../../src/protocols/signatures/signature-types.ts";
import { ownArtifact } from "../../../src/worlds/anvil/artifacts.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { readPackageFile } from "../../../src/worlds/anvil/packages.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { type House, type HouseOptions, openHouse } from "../../support/house.ts";
import { malloryDeploys, malloryDoes } from "../../support/mallory.ts";

/** The only one who may be paid. */
export const PAYEE: Address = `0x${"7a".repeat(20)}`;
export const PERMIT2: Address = "0x000000000022d473030f116ddee9f6b43ac78ba3";
const { base } = EVM_BOOK.chains;
export const USDC: Address = base.assets.USDC.address;
export const WETH: Address = base.assets.WETH.address;

/** Permit2 as it stands on every chain, from a published package. */
const PUBLISHED = {
  name: "@1inch/solidity-utils",
  version: "6.9.16",
  integrity: "sha512-SnOB37v1BC5rGT60d7gUi0cEhwpUczoHdIfilKeehbmX7o3CDENgvbMpOv2jmSADh/iq+zhs+RDum+nJ+uUwTQ==",
  files: { "dist/src/permit2.json": "f2e0ab968631b954b470236fa81e5c1804a1848c7a9bf769ef7c3d6aed00a69d" },
};

export const SIGNING_LIMITS = {
  allowed_tokens: ["WETH", "USDC", "PUSD"],
  allowed_recipients: [PAYEE],
  allowed_signatures: SIGNATURE_TYPES.map(({ name }) => name),
};

export interface SigningHouse extends House {
  /** A dollar that takes permits and authorisations. */
  readonly token: Address;
  /** Asks for one message in a cycle of its own. */
  ask(typedData: object | string): Promise<Outcome>;
  spent(): Promise<string | undefined>;
  balance(token: Address, owner: Address): Promise<bigint>;
}

/** A house with a token that takes signatures, Permit2 beside it, and a wallet that lets Permit2 take its USDC. */
export async function openSigningHouse({
  limits = {},
  through,
  ...options
}: Pick<HouseOptions, "limits" | "crash" | "operatorKey"> & {
  readonly through?: (world: EvmWorld) => Promise<string>;
} = {}): Promise<SigningHouse> {
  const world = await startEvmWorld({
    seed: 1,
    fund: { [REHEARSAL_WALLET]: { ETH: "1", WETH: "0.4", USDC: "1000" } },
    volatility: { WETH: 0, GOV: 0 },
  });
  try {
    const token = await prepareSigning(world);
    const endpoint = through === undefined ? {} : { endpoint: await through(world) };
    const house = await openHouse({
      ...options,
      ...endpoint,
      world,
      book: bookWith(token),
      limits: { ...SIGNING_LIMITS, ...limits },
    });
    const signing: Omit<SigningHouse, keyof House> = {
      token,
      async ask(typedData) {
        const [outcome] = await house.act([signAction(typeof typedData === "string" ? typedData : textOf(typedData))]);
        if (!outcome) throw new InvariantError("nothing was answered");
        return outcome;
      },
      async spent() {
        const { budgets } = await house.opened.gateway.state(house.opened.wallet);
        return budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed();
      },
      async balance(of, owner) {
        const data = encodeFunctionData({ abi: TOKEN, functionName: "balanceOf", args: [owner] });
        return BigInt((await world.rpc("eth_call", [{ to: of, data }, "latest"])) as Hex);
      },
    };
    const close = house[Symbol.asyncDispose];
    return Object.defineProperties({} as SigningHouse, {
      ...Object.getOwnPropertyDescriptors(house),
      ...Object.getOwnPropertyDescriptors(signing),
      [Symbol.asyncDispose]: {
        value: async () => {
          await close();
          await world.stop();
        },
      },
    });
  } catch (error) {
    await world.stop();
    throw error;
  }
}

/** Puts the token and Permit2 into a world, and lets Permit2 take the rehearsal wallet's tokens. */
export async function prepareSigning(world: EvmWorld): Promise<Address> {
  const token = await malloryDeploys(world, (await ownArtifact("PermitToken")).bytecode);
  const mint = encodeFunctionData({ abi: TOKEN, functionName: "mint", args: [REHEARSAL_WALLET, 1_000_000_000n] });
  await malloryDoes(world, { to: token, data: mint });
  const { bytecode } = JSON.parse(Buffer.from(await readPackageFile(PUBLISHED, "dist/src/permit2.json")).toString()) as {
    bytecode: Hex;
  };
  await world.rpc("anvil_setCode", [PERMIT2, bytecode]);
  const approve = encodeFunctionData({ abi: TOKEN, functionName: "approve", args: [PERMIT2, maxUint256] });
  for (const to of [USDC, WETH]) await actsAs(world, REHEARSAL_WALLET, { to, data: approve });
  return token;
}

/** The rehearsal book with the token and Permit2 in it. */
export function bookWith(token: Address) {
  const PUSD = { address: token, decimals: 6 };
  return {
    chains: {
      base: {
        ...base,
        assets: { ...base.assets, PUSD },
        contracts: { ...base.contracts, permit2: { kind: "permit2", address: PERMIT2 } },
        feeds: { ...base.feeds, PUSD: base.feeds.USDC },
      },
    },
  };
}

/** Typed data as JSON: whole numbers in digits. */
export function textOf(data: object): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

export function signAction(typedData: string): Action {
  return { rail: "evm", chain: "base", from: "wallet", typedData };
}

/** An account of the world acts by its own key, or by nobody's. */
export async function actsAs(
  world: EvmWorld,
  from: Address,
  { to, data }: { readonly to: Address; readonly data: Hex },
): Promise<Hex> {
  const held = BigInt((await world.rpc("eth_getBalance", [from, "latest"])) as Hex);
  await world.rpc("anvil_setBalance", [from, toHex(10n ** 22n)]);
  await world.rpc("anvil_impersonateAccount", [from]);
  const fees = { gas: toHex(1_000_000), maxFeePerGas: toHex(10n ** 12n), maxPriorityFeePerGas: "0x0" };
  const receipt = (await world.rpc("eth_sendTransactionSync", [{ from, to, data, ...fees }])) as Receipt;
  await world.rpc("anvil_stopImpersonatingAccount", [from]);
  await world.rpc("anvil_setBalance", [from, toHex(held)]);
  if (receipt.status !== "0x1") throw new InvariantError(`the transaction of ${from} was reverted`);
  return receipt.transactionHash;
}

interface Receipt {
  readonly status: Hex;
  readonly transactionHash: Hex;
}

export const TOKEN = parseAbi([
  "function mint(address to, uint256 amount)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function transferFrom(address from, address to, uint256 amount) returns (bool)",
  "function balanceOf(address owner) view returns (uint256)",
  "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)",
]);
export const PERMIT2_ABI = parseAbi([
  "struct TokenPermissions { address token; uint256 amount; }",
  "struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }",
  "struct SignatureTransferDetails { address to; uint256 requestedAmount; }",
  "struct PermitDetails { address token; uint160 amount; uint48 expiration; uint48 nonce; }",
  "struct PermitSingle { PermitDetails details; address spender; uint256 sigDeadline; }",
  "function allowance(address owner, address token, address spender) view returns (uint160 amount, uint48 expiration, uint48 nonce)",
  "function permitTransferFrom(PermitTransferFrom permit, SignatureTransferDetails transferDetails, address owner, bytes signature)",
  "function permit(address owner, PermitSingle permitSingle, bytes signature)",
  "function transferFrom(address from, address to, uint160 amount, address token)",
]) satisfies Abi;

export interface TypedDataJson {
  readonly types: object;
  readonly primaryType: string;
  readonly domain: object;
  readonly message: object;
}

/** Typed data as a wallet is sent it. */
export function typedData(type: SignatureName, domain: object, message: object): TypedDataJson {
  const types = SIGNATURE_TYPES.find(({ name }) => name === type)?.types ?? {};
  return { types, primaryType: type, domain, message };
}

export const usd = (amount: string | number): bigint => toUnits(decimal(amount), 6);

export function tokenDomain(token: Address): object {
  return { name: "Permit Dollar", version: "1", chainId: 31337, verifyingContract: token };
}
export const PERMIT2_DOMAIN = { name: "Permit2", chainId: 31337, verifyingContract: PERMIT2 };

/** Seconds since 1970 in the world, `after` from now. */
export async function seconds({ world }: Pick<House, "world">, after = 0): Promise<number> {
  return Math.floor((await world.clock.now()) / 1_000) + after;
}

export interface Authorization {
  readonly from: Address;
  readonly to: Address;
  readonly value: bigint;
  readonly validAfter: number;
  readonly validBefore: number;
  readonly nonce: Hex;
}

export async function authorization(house: House, change: Partial<Authorization> = {}): Promise<Authorization> {
  return {
    from: lower(REHEARSAL_WALLET),
    to: PAYEE,
    value: usd(100),
    validAfter: 0,
    validBefore: await seconds(house, 240),
    nonce: toHex(1, { size: 32 }),
    ...change,
  };
}

/** Anybody hands an authorisation in. */
export function useAuthorization(
  house: Pick<SigningHouse, "world" | "token">,
  sent: Authorization,
  signature: Hex,
): Promise<Hex> {
  const { from, to, value, validAfter, validBefore, nonce } = sent;
  const args = [from, to, value, BigInt(validAfter), BigInt(validBefore), nonce, signature] as const;
  const data = encodeFunctionData({ abi: TOKEN, functionName: "transferWithAuthorization", args });
  return actsAs(house.world, `0x${"5a".repeat(20)}`, { to: house.token, data });
}

export interface Transfer {
  readonly token: Address;
  readonly amount: bigint;
  readonly nonce: bigint;
  readonly deadline: bigint;
  readonly spender: Address;
}

export async function permitTransfer(house: Pick<House, "world">, change: Partial<Transfer> = {}): Promise<Transfer> {
  return { token: USDC, amount: usd(100), nonce: 7n, deadline: BigInt(await seconds(house, 240)), spender: PAYEE, ...change };
}

export function permitTransferData({ token, amount, nonce, deadline, spender }: Transfer): TypedDataJson {
  return typedData("PermitTransferFrom", PERMIT2_DOMAIN, { permitted: { token, amount }, spender, nonce, deadline });
}

/** The payee pulls `requested` of what a permit lets it have. */
export function pull(
  house: SigningHouse,
  { token, amount, nonce, deadline }: Transfer,
  signature: Hex,
  requested = amount,
): Promise<Hex> {
  const permit = { permitted: { token, amount }, nonce, deadline };
  const details = { to: PAYEE, requestedAmount: requested };
  const args = [permit, details, REHEARSAL_WALLET, signature] as const;
  return actsAs(house.world, PAYEE, {
    to: PERMIT2,
    data: encodeFunctionData({ abi: PERMIT2_ABI, functionName: "permitTransferFrom", args }),
  });
}

/** The signature in an answer. */
export function signatureIn(outcome: Outcome | undefined): Hex {
  if (outcome?.kind !== "open" || outcome.signature === undefined)
    throw new InvariantError(`nothing was signed: ${JSON.stringify(outcome).slice(0, 600)}`);
  return outcome.signature;
}
