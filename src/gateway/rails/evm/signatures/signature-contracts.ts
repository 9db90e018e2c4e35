import type { ContractFunctionReturnType } from "viem";
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem/utils";
import { type Address, type Hex, lower } from "../../../../core/hex.ts";
import { type RpcClient, RpcError } from "../../../../protocols/json-rpc.ts";
import type { SignatureName } from "../../../../protocols/signatures/signature-types.ts";

const abi = parseAbi([
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function nonces(address owner) view returns (uint256)",
  "function authorizationState(address authorizer, bytes32 nonce) view returns (bool)",
  "function nonceBitmap(address owner, uint256 word) view returns (uint256)",
]);
const permit2 = parseAbi([
  "function allowance(address owner, address token, address spender) view returns (uint160 amount, uint48 expiration, uint48 nonce)",
]);
const token = parseAbi(["function allowance(address owner, address spender) view returns (uint256)"]);

/** What a message is about, as its contract counts it. */
export interface Counted {
  readonly type: SignatureName;
  readonly contract: Address;
  readonly owner: Address;
  readonly spender: Address;
  readonly token: Address;
  readonly nonce: string;
}

/** What a contract says of a nonce, and of what is allowed to the spender at this time. */
export interface NonceState {
  readonly used: boolean;
  /** Whether a message with this nonce is taken now. */
  readonly next: boolean;
  /** What the spender may take already or still, in base units; `until` in seconds, where it ends by itself. */
  readonly allowed: bigint;
  readonly until: bigint | null;
}

/** The chain, as far as messages are about it: what their contracts say at one block. */
export class SignatureContracts {
  readonly #rpc: RpcClient;
  readonly #block: string;

  constructor(rpc: RpcClient, block: string) {
    this.#rpc = rpc;
    this.#block = block;
  }

  /** The hash of the domain that a contract takes messages for. Null: it names none. */
  separator(contract: Address): Promise<Hex | null> {
    return this.#orNull(async () => {
      const data = encodeFunctionData({ abi, functionName: "DOMAIN_SEPARATOR" });
      return decodeFunctionResult({ abi, functionName: "DOMAIN_SEPARATOR", data: await this.#call(contract, data) });
    });
  }

  /** Null: the contract does not count as its standard says. */
  nonce(counted: Counted): Promise<NonceState | null> {
    return this.#orNull(() => this.#nonce(counted));
  }

  async #nonce({ type, contract, owner, spender, token: of, nonce }: Counted): Promise<NonceState> {
    switch (type) {
      case "Permit": {
        const [asked, allowing] = await Promise.all([
          this.#call(contract, encodeFunctionData({ abi, functionName: "nonces", args: [owner] })),
          this.#call(contract, encodeFunctionData({ abi: token, functionName: "allowance", args: [owner, spender] })),
        ]);
        const next = decodeFunctionResult({ abi, functionName: "nonces", data: asked });
        const allowed = decodeFunctionResult({ abi: token, functionName: "allowance", data: allowing });
        return { used: next > BigInt(nonce), next: next === BigInt(nonce), allowed, until: null };
      }
      case "TransferWithAuthorization":
      case "ReceiveWithAuthorization": {
        const args = [owner, nonce as Hex] as const;
        const data = await this.#call(contract, encodeFunctionData({ abi, functionName: "authorizationState", args }));
        const used = decodeFunctionResult({ abi, functionName: "authorizationState", data });
        return { used, next: !used, allowed: 0n, until: null };
      }
      case "PermitSingle":
      case "PermitBatch": {
        const args = [owner, of, spender] as const;
        const data = await this.#call(contract, encodeFunctionData({ abi: permit2, functionName: "allowance", args }));
        const [amount, expiration, next] = decodeAllowance(data);
        return {
          used: BigInt(next) > BigInt(nonce),
          next: BigInt(next) === BigInt(nonce),
          allowed: amount,
          until: BigInt(expiration),
        };
      }
      default: {
        const at = BigInt(nonce);
        const args = [owner, at >> 8n] as const;
        const data = await this.#call(contract, encodeFunctionData({ abi, functionName: "nonceBitmap", args }));
        const word = decodeFunctionResult({ abi, functionName: "nonceBitmap", data });
        const used = ((word >> (at & 255n)) & 1n) === 1n;
        return { used, next: !used, allowed: 0n, until: null };
      }
    }
  }

  #call(to: Address, data: Hex): Promise<Hex> {
    return this.#rpc.request<Hex>("eth_call", [{ to: lower(to), data }, this.#block]);
  }

  /** A contract that lacks a function answers with nothing, or reverts; a node that is away is another matter. */
  async #orNull<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RpcError && error.rpcCode === null) throw error;
      return null;
    }
  }
}

function decodeAllowance(data: Hex): ContractFunctionReturnType<typeof permit2, "view", "allowance"> {
  return decodeFunctionResult({ abi: permit2, functionName: "allowance", data });
}
