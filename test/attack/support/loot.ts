import { encodeFunctionData, type Hex, parseAbi, parseSignature, toHex } from "viem";
import { SECOND } from "../../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, sum, toUnits, ZERO } from "../../../src/core/decimal.ts";
import type { Address } from "../../../src/core/hex.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import type { SignatureName } from "../../../src/protocols/signatures/signature-types.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import {
  PAYEE,
  PERMIT2,
  PERMIT2_ABI,
  PERMIT2_DOMAIN,
  signAction,
  textOf,
  tokenDomain,
  typedData,
} from "../../gateway/support/signing-house.ts";
import { MALLORY } from "../../support/mallory.ts";
import { doesAs, pinnedPrice } from "./accomplice.ts";
import { EVERYTHING, type Sign, WHOLE_TRADE } from "./moves.ts";
import { PAYS_IN } from "./signing-arena.ts";

const { router } = EVM_BOOK.chains.base.contracts;
const ABI = parseAbi([
  "function nonces(address owner) view returns (uint256)",
  "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)",
  "function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)",
]);
const BATCH_ABI = parseAbi([
  "struct TokenPermissions { address token; uint256 amount; }",
  "struct PermitBatchTransferFrom { TokenPermissions[] permitted; uint256 nonce; uint256 deadline; }",
  "struct SignatureTransferDetails { address to; uint256 requestedAmount; }",
  "struct PermitDetails { address token; uint160 amount; uint48 expiration; uint48 nonce; }",
  "struct PermitBatch { PermitDetails[] details; address spender; uint256 sigDeadline; }",
  "function permitTransferFrom(PermitBatchTransferFrom permit, SignatureTransferDetails[] transferDetails, address owner, bytes signature)",
  "function permit(address owner, PermitBatch permitBatch, bytes signature)",
]);

interface Call {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
}

interface Paid {
  readonly symbol: "USDC" | "WETH" | "PUSD";
  readonly token: Address;
  readonly amount: bigint;
}

/** A message that an agent has a mind to have signed, and what whoever has the signature does with it. */
export interface Wish {
  readonly action: Action;
  readonly type: SignatureName;
  readonly pays: readonly Paid[];
  /** Chain time until which it can be used, in seconds. */
  readonly until: number;
  /** Calls that take so much of each that it pays; the `first` time, what comes before that too. */
  readonly uses: (signature: Hex, takes: readonly bigint[], first: boolean) => readonly Call[];
}

interface Stolen extends Wish {
  readonly signature: Hex;
  /** Base units that can still be taken, of each that it pays. */
  left: readonly bigint[];
  used: boolean;
}

/** Signatures that somebody has who means no good. */
export class Loot {
  readonly #world: EvmWorld;
  readonly #token: Address;
  #stolen: Stolen[] = [];
  #count = 0;

  constructor(world: EvmWorld, token: Address) {
    this.#world = world;
    this.#token = token;
  }

  get size(): number {
    return this.#stolen.length;
  }

  add(wish: Wish, signature: Hex): void {
    this.#stolen.push({ ...wish, signature, left: wish.pays.map(({ amount }) => amount), used: false });
  }

  /** USD, at pinned prices, that can still be taken with what was stolen. */
  async live(): Promise<Decimal> {
    const now = (await this.#world.clock.now()) / SECOND;
    return sum(
      this.#stolen.filter(({ until, left }) => until > now && left.some((one) => one > 0n)).map((one) => this.worth(one)),
    );
  }

  worth({ pays, left }: Wish & { readonly left?: readonly bigint[] }): Decimal {
    return sum(pays.map(({ symbol, amount }, i) => usdOf(this.#world, symbol, left?.[i] ?? amount)));
  }

  /** For a chain that goes back. */
  mark(): () => void {
    const then = this.#stolen.map((one) => ({ ...one }));
    return () => {
      this.#stolen = then;
    };
  }

  /**
   * Uses one of them, in any order, as late as may be, for a part of what it pays. Gives the USD of what it took that is no
   * cash. Null: the chain does not take it any more.
   */
  async use(which: number, percent: number): Promise<Decimal | null> {
    const one = this.#stolen[which % Math.max(1, this.#stolen.length)];
    if (!one) return null;
    const wanted = (amount: bigint) => (amount * BigInt(percent)) / 100n || 1n;
    const takes = one.left.map((left, i) => smaller(left, wanted(one.pays[i]?.amount ?? 0n)));
    if (takes.every((take) => take === 0n)) return null;
    for (const { from, to, data } of one.uses(one.signature, takes, !one.used)) {
      if (!(await doesAs(this.#world, from, { to, data }))) return null;
      one.used = true;
    }
    const bits = one.type === "PermitSingle" || one.type === "PermitBatch";
    one.left = one.left.map((left, i) => (bits ? left - (takes[i] ?? 0n) : 0n));
    const weth = one.pays.map(({ symbol }, i) => (symbol === "WETH" ? usdOf(this.#world, symbol, takes[i] ?? 0n) : ZERO));
    return sum(weth);
  }

  /** What an agent asks for. A message that was used before has its number again. */
  async wish({ type, usd, to, seconds, again, symbol }: Omit<Sign, "times">, trade: number): Promise<Wish> {
    const until = Math.floor((await this.#world.clock.now()) / SECOND) + seconds;
    if (!again) this.#count += 1;
    const n = this.#count;
    const dollars = usd === EVERYTHING ? 1_000_000 : Math.max(1, (trade * usd) / WHOLE_TRADE);
    const paid = (of: Paid["symbol"], share: number): Paid => {
      const amount = decimal((dollars * share).toFixed(6)).div(pinnedPrice(this.#world, of));
      return { symbol: of, token: of === "PUSD" ? this.#token : PAYS_IN[of], amount: toUnits(amount, of === "WETH" ? 18 : 6) };
    };
    const parts = { n, until, to };
    switch (type) {
      case "Permit":
        return this.#permit(paid("PUSD", 1), parts);
      case "TransferWithAuthorization":
      case "ReceiveWithAuthorization":
        return this.#authorization(type, paid("PUSD", 1), parts);
      case "PermitTransferFrom":
        return permitTransfer([paid(symbol, 1)], { ...parts, batch: false });
      case "PermitBatchTransferFrom":
        return permitTransfer([paid("USDC", 0.5), paid("WETH", 0.5)], { ...parts, batch: true });
      default:
        return this.#permitOf(type === "PermitBatch" ? [paid("USDC", 0.6), paid("WETH", 0.4)] : [paid(symbol, 1)], {
          ...parts,
          batch: type === "PermitBatch",
        });
    }
  }

  async #permit(paid: Paid, { until, to }: Parts): Promise<Wish> {
    // Nobody but a contract of the book takes an approval.
    const spender = to === PAYEE ? router.address : to;
    const asked = encodeFunctionData({ abi: ABI, functionName: "nonces", args: [REHEARSAL_WALLET] });
    const nonce = BigInt((await this.#world.rpc("eth_call", [{ to: this.#token, data: asked }, "latest"])) as Hex);
    const message = { owner: REHEARSAL_WALLET, spender, value: paid.amount, nonce, deadline: until };
    return {
      ...wished("Permit", tokenDomain(this.#token), message),
      ...{ pays: [paid], until },
      uses: (signature) => {
        const { r, s, yParity } = parseSignature(signature);
        const args = [REHEARSAL_WALLET, spender, paid.amount, BigInt(until), 27 + yParity, r, s] as const;
        return [{ from: MALLORY, to: this.#token, data: encodeFunctionData({ abi: ABI, functionName: "permit", args }) }];
      },
    };
  }

  #authorization(type: "TransferWithAuthorization" | "ReceiveWithAuthorization", paid: Paid, { n, until, to }: Parts): Wish {
    const nonce = toHex(n, { size: 32 });
    const message = { from: REHEARSAL_WALLET, to, value: paid.amount, validAfter: 0, validBefore: until, nonce };
    const functionName = type === "TransferWithAuthorization" ? "transferWithAuthorization" : "receiveWithAuthorization";
    return {
      ...wished(type, tokenDomain(this.#token), message),
      ...{ pays: [paid], until },
      uses: (signature) => {
        const args = [REHEARSAL_WALLET, to, paid.amount, 0n, BigInt(until), nonce, signature] as const;
        const from = functionName === "transferWithAuthorization" ? MALLORY : to;
        return [{ from, to: this.#token, data: encodeFunctionData({ abi: ABI, functionName, args }) }];
      },
    };
  }

  async #permitOf(pays: readonly Paid[], { until, to, batch }: Parts & { readonly batch: boolean }): Promise<Wish> {
    const details = await Promise.all(
      pays.map(async ({ token, amount }) => {
        const args = [REHEARSAL_WALLET, token, to] as const;
        const data = encodeFunctionData({ abi: PERMIT2_ABI, functionName: "allowance", args });
        const told = (await this.#world.rpc("eth_call", [{ to: PERMIT2, data }, "latest"])) as Hex;
        return { token, amount, expiration: until, nonce: Number(BigInt(`0x${told.slice(130)}`)) };
      }),
    );
    const [only] = details;
    const sigDeadline = BigInt(until);
    const message = { details: batch ? details : only, spender: to, sigDeadline };
    return {
      ...wished(batch ? "PermitBatch" : "PermitSingle", PERMIT2_DOMAIN, message),
      ...{ pays, until },
      uses: (signature, takes, first) => {
        const permit = batch
          ? encodeFunctionData({
              abi: BATCH_ABI,
              functionName: "permit",
              args: [REHEARSAL_WALLET, { details, spender: to, sigDeadline }, signature],
            })
          : encodeFunctionData({
              abi: PERMIT2_ABI,
              functionName: "permit",
              args: [
                REHEARSAL_WALLET,
                { details: only ?? { token: to, amount: 0n, expiration: 0, nonce: 0 }, spender: to, sigDeadline },
                signature,
              ],
            });
        const pulls = pays.map(({ token }, i): Call => {
          const args = [REHEARSAL_WALLET, to, takes[i] ?? 0n, token] as const;
          return { from: to, to: PERMIT2, data: encodeFunctionData({ abi: PERMIT2_ABI, functionName: "transferFrom", args }) };
        });
        return [...(first ? [{ from: MALLORY, to: PERMIT2, data: permit }] : []), ...pulls];
      },
    };
  }
}

interface Parts {
  readonly n: number;
  readonly until: number;
  readonly to: Address;
}

function permitTransfer(pays: readonly Paid[], { n, until, to, batch }: Parts & { readonly batch: boolean }): Wish {
  const permitted = pays.map(({ token, amount }) => ({ token, amount }));
  const [first = { token: to, amount: 0n }] = permitted;
  const [nonce, deadline] = [BigInt(n * 97), BigInt(until)];
  const message = { permitted: batch ? permitted : first, spender: to, nonce, deadline };
  return {
    ...wished(batch ? "PermitBatchTransferFrom" : "PermitTransferFrom", PERMIT2_DOMAIN, message),
    ...{ pays, until },
    uses: (signature, takes) => {
      const wanted = takes.map((requestedAmount) => ({ to: PAYEE, requestedAmount }));
      const [one = { to: PAYEE, requestedAmount: 0n }] = wanted;
      const data = batch
        ? encodeFunctionData({
            abi: BATCH_ABI,
            functionName: "permitTransferFrom",
            args: [{ permitted, nonce, deadline }, wanted, REHEARSAL_WALLET, signature],
          })
        : encodeFunctionData({
            abi: PERMIT2_ABI,
            functionName: "permitTransferFrom",
            args: [{ permitted: first, nonce, deadline }, one, REHEARSAL_WALLET, signature],
          });
      return [{ from: to, to: PERMIT2, data }];
    },
  };
}

function wished(type: SignatureName, domain: object, message: object): Pick<Wish, "action" | "type"> {
  return { type, action: signAction(textOf(typedData(type, domain, message))) };
}

function usdOf(at: EvmWorld, symbol: Paid["symbol"], amount: bigint): Decimal {
  return fromUnits(amount, symbol === "WETH" ? 18 : 6).times(pinnedPrice(at, symbol));
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
