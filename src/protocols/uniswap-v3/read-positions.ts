import { decodeFunctionResult, encodeFunctionData } from "viem";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import type { AccountId } from "../effects.ts";
import { ifDecodable } from "../if-decodable.ts";
import { type RpcClient, RpcError } from "../json-rpc.ts";
import type { BookView } from "../protocol.ts";
import { quantity } from "../quantity.ts";
import { positionsAbi, positionsReadAbi } from "./abi.ts";
import type { OwnPosition } from "./position.ts";

const MOST = (1n << 128n) - 1n;
/** Anybody can send positions to an account: those beyond so many are not looked at, and not counted as held. */
const MOST_POSITIONS = 128n;
/**
 * How many an account may hold when it opens one. A position never moves back in its owner's list, so what is opened among
 * so few stays in sight, also when as many again are sent in the block where it lands.
 */
export const MOST_BESIDE_NEW = 64;

/** A position by where it is: enough to read it. */
export interface PositionKey {
  readonly manager: string;
  readonly address: Address;
  readonly owner: AccountId;
  readonly ownerAddress: Address;
  readonly id: bigint;
}

type Accounts = Readonly<Record<AccountId, Address>>;

/** The book's position managers by label. */
export function managersOf(book: Pick<BookView, "contracts">): readonly (readonly [label: string, address: Address])[] {
  return Object.entries(book.contracts).flatMap(([label, { kind, address }]) =>
    kind === "uniswap-v3-positions" ? [[label, lower(address)] as const] : [],
  );
}

/**
 * Every liquidity position of the own accounts at a block, what it is owed with fees that nobody has counted yet.
 *
 * @throws {RpcError} the node cannot be reached, or a manager of the book does not answer as one.
 */
export async function readPositions(
  rpc: RpcClient,
  { book, accounts, block }: { readonly book: Pick<BookView, "contracts">; readonly accounts: Accounts; readonly block: string },
): Promise<readonly OwnPosition[]> {
  const found = await Promise.all(
    managersOf(book).flatMap(([manager, address]) =>
      Object.entries(accounts).map(async ([owner, ownerAddress]) => {
        const ask = (data: Hex) => rpc.request<Hex>("eth_call", [{ to: address, data }, block]);
        const held = quantity("balanceOf", await ask(encode("balanceOf", [ownerAddress])));
        const count = Number(held < MOST_POSITIONS ? held : MOST_POSITIONS);
        return Promise.all(
          Array.from({ length: count }, async (_, index) => {
            const id = quantity("tokenOfOwnerByIndex", await ask(encode("tokenOfOwnerByIndex", [ownerAddress, BigInt(index)])));
            const key = { manager, address, owner, ownerAddress, id };
            const [state, owed] = await Promise.all([
              ask(encodePosition(id)),
              rpc.request<Hex>("eth_call", [collectProbe(key), block]),
            ]);
            const position = readPosition(key, state, owed);
            if (!position) throw new RpcError("eth_call", new Error(`${manager} does not answer for its position ${id}`));
            return position;
          }),
        );
      }),
    ),
  );
  return found.flat();
}

/** Reads a position; of one that does not exist the call reverts. */
export function encodePosition(id: bigint): Hex {
  return encode("positions", [id]);
}

/** What its owner would collect: only to be asked of a state that nothing comes of. */
export function collectProbe({ address, ownerAddress, id }: PositionKey): {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
} {
  const params = { tokenId: id, recipient: ownerAddress, amount0Max: MOST, amount1Max: MOST };
  return {
    from: ownerAddress,
    to: address,
    data: encodeFunctionData({ abi: positionsAbi, functionName: "collect", args: [params] }),
  };
}

/** A position from the two answers. Undefined: they are not a manager's. */
export function readPosition({ id, manager, owner }: PositionKey, state: Hex, owed: Hex): OwnPosition | undefined {
  return ifDecodable(() => {
    const [, , token0, token1, fee, tickLower, tickUpper, liquidity] = decodeFunctionResult({
      abi: positionsReadAbi,
      functionName: "positions",
      data: state,
    });
    const [owed0, owed1] = decodeFunctionResult({ abi: positionsAbi, functionName: "collect", data: owed });
    const tokens = { token0: lower(token0), token1: lower(token1) };
    return { id, manager, owner, ...tokens, fee, tickLower, tickUpper, liquidity, owed0, owed1 };
  });
}

function encode(functionName: "balanceOf" | "positions" | "tokenOfOwnerByIndex", args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi: positionsReadAbi, functionName, args } as Parameters<typeof encodeFunctionData>[0]);
}
