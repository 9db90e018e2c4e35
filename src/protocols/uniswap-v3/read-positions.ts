import { decodeFunctionResult, encodeFunctionData } from "viem/utils";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import type { AccountId, ChainLabel } from "../effects.ts";
import { ifDecodable } from "../if-decodable.ts";
import { isRevert } from "../is-revert.ts";
import { type RpcClient, RpcError } from "../json-rpc.ts";
import type { BookView } from "../protocol.ts";
import { quantity } from "../quantity.ts";
import { positionsAbi, positionsReadAbi } from "./abi.ts";
import { marketOf, type OwnPosition } from "./position.ts";

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
 * Every liquidity position of the own accounts at a block, what it is owed with fees that nobody has counted yet: without
 * those where one of its tokens does not let it be paid out. What is in no pool of the book can be anybody's gift, of tokens
 * that do anything when they move: it is not asked what it is owed.
 *
 * @throws {RpcError} the node cannot be reached, or a manager of the book does not answer as one.
 */
export async function readPositions(
  rpc: RpcClient,
  {
    chain,
    book,
    accounts,
    block,
  }: { readonly chain: ChainLabel; readonly book: BookView; readonly accounts: Accounts; readonly block: string },
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
            const state = await ask(encodePosition(id));
            const counted = readPosition(key, state, [null, null]);
            const within = counted && marketOf(chain, book, counted);
            const position = within ? readPosition(key, state, await collectable(rpc, key, block)) : counted;
            if (!position) throw new RpcError("eth_call", new Error(`${manager} does not answer for its position ${id}`));
            return position;
          }),
        );
      }),
    ),
  );
  return found.flat();
}

/** What could be collected of each of a position's tokens, as answers have it. Null: that token cannot be paid out now. */
export type Owed = readonly [Hex | null, Hex | null];

async function collectable(rpc: RpcClient, key: PositionKey, block: string): Promise<Owed> {
  const ask = async (probe: CollectProbe) => {
    try {
      return await rpc.request<Hex>("eth_call", [probe, block]);
    } catch (error) {
      if (isRevert(error)) return null;
      throw error;
    }
  };
  const both = await ask(collectProbe(key));
  if (both !== null) return owedIn(both);
  const [first, second] = await Promise.all(sideProbes(key).map(ask));
  return owedBySide(first ?? null, second ?? null);
}

/** Of the answer to {@link collectProbe}. */
export function owedIn(answer: Hex | null): Owed {
  return answer === null ? [null, null] : [answer.slice(0, 66) as Hex, `0x${answer.slice(66)}`];
}

/** Of the answers to {@link sideProbes}. */
export function owedBySide(first: Hex | null, second: Hex | null): Owed {
  return [owedIn(first)[0], owedIn(second)[1]];
}

/** Reads a position; of one that does not exist the call reverts. */
export function encodePosition(id: bigint): Hex {
  return encode("positions", [id]);
}

interface CollectProbe {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
}

/** What its owner would collect: only to be asked of a state that nothing comes of. */
export function collectProbe(key: PositionKey): CollectProbe {
  return probeOf(key, MOST, MOST);
}

/** The same of each token by itself: where one cannot be paid out, the other still may. */
export function sideProbes(key: PositionKey): readonly [CollectProbe, CollectProbe] {
  return [probeOf(key, MOST, 0n), probeOf(key, 0n, MOST)];
}

function probeOf({ address, ownerAddress, id }: PositionKey, amount0Max: bigint, amount1Max: bigint): CollectProbe {
  const params = { tokenId: id, recipient: ownerAddress, amount0Max, amount1Max };
  return {
    from: ownerAddress,
    to: address,
    data: encodeFunctionData({ abi: positionsAbi, functionName: "collect", args: [params] }),
  };
}

/**
 * A position from the two answers. Undefined: they are not a manager's.
 *
 * @param owed - of a token that cannot be paid out now it is owed what was counted last.
 */
export function readPosition({ id, manager, owner }: PositionKey, state: Hex, owed: Owed): OwnPosition | undefined {
  return ifDecodable(() => {
    const [, , token0, token1, fee, tickLower, tickUpper, liquidity, , , counted0, counted1] = decodeFunctionResult({
      abi: positionsReadAbi,
      functionName: "positions",
      data: state,
    });
    const units = (word: Hex | null, counted: bigint) => (word === null ? counted : quantity("collect", word));
    const [owed0, owed1] = [units(owed[0], counted0), units(owed[1], counted1)];
    const tokens = { token0: lower(token0), token1: lower(token1) };
    return { id, manager, owner, ...tokens, fee, tickLower, tickUpper, liquidity, owed0, owed1 };
  });
}

function encode(functionName: "balanceOf" | "positions" | "tokenOfOwnerByIndex", args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi: positionsReadAbi, functionName, args } as Parameters<typeof encodeFunctionData>[0]);
}
