import { type Address, lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { AccountId, ChainLabel, Unknown } from "../../../protocols/effects.ts";
import { unknown } from "../../../protocols/meaning.ts";
import { marketOf, type OwnPosition } from "../../../protocols/uniswap-v3/position.ts";
import {
  collectProbe,
  encodePosition,
  MOST_BESIDE_NEW,
  managersOf,
  type Owed,
  owedBySide,
  owedIn,
  type PositionKey,
  readPosition,
  sideProbes,
} from "../../../protocols/uniswap-v3/read-positions.ts";
import type { SimulateParameters, Simulation, Simulator, Tip } from "./simulate.ts";

/** ERC-721's Transfer(address,address,uint256), all three indexed. */
const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const NOBODY: Address = `0x${"0".repeat(40)}`;

interface Scene {
  readonly simulate: Simulator;
  readonly chain: ChainLabel;
  readonly book: ChainBook;
  readonly accounts: Readonly<Record<AccountId, Address>>;
  readonly positions: readonly OwnPosition[];
}

export interface SimulationWithPositions extends Simulation {
  /** What each position is owed after the calls. */
  readonly owed: readonly Owed[];
}

/**
 * A simulation that reads every own position after the calls as well. Positions that the calls create are found in the
 * logs, and then the same is simulated again with them in it.
 */
export async function simulateWithPositions(
  scene: Scene,
  tip: Tip,
  parameters: SimulateParameters,
): Promise<SimulationWithPositions> {
  const known = scene.positions.flatMap((position) => keyOf(scene, position));
  if (managersOf(scene.book).length === 0) return { ...(await scene.simulate(tip, parameters)), owed: [] };
  const first = await scene.simulate(tip, withKeys(parameters, known));
  const created = createdIn(first, scene).filter(
    ({ id, manager }) => !known.some((key) => key.id === id && key.manager === manager),
  );
  const keys = [...known, ...created];
  const found = created.length === 0 ? first : await scene.simulate(tip, withKeys(parameters, keys));
  if (keys.every((_, i) => found.last[i])) return { ...found, owed: found.last.map(owedIn) };
  // A token of theirs cannot be paid out, before or by what the calls do: each is asked for by itself.
  const apart = await scene.simulate(tip, { ...withKeys(parameters, keys), last: keys.flatMap(sideProbes) });
  return { ...apart, owed: keys.map((_, i) => owedBySide(apart.last[2 * i] ?? null, apart.last[2 * i + 1] ?? null)) };
}

function withKeys(parameters: SimulateParameters, keys: readonly PositionKey[]): SimulateParameters {
  return {
    ...parameters,
    watches: [...(parameters.watches ?? []), ...keys.map(({ address, id }) => ({ to: address, data: encodePosition(id) }))],
    last: keys.map(collectProbe),
  };
}

/**
 * The own positions after a simulation; null where one does not answer as a position does. Those that are burnt are not among
 * them, and one that went to somebody is, as it was: its log denies the request.
 */
export function positionsAfter(simulation: SimulationWithPositions, scene: Scene): readonly OwnPosition[] | null {
  const known = scene.positions.flatMap((position) => keyOf(scene, position));
  const created = createdIn(simulation, scene).filter(
    ({ id, manager }) => !known.some((key) => key.id === id && key.manager === manager),
  );
  const keys = [...known, ...created];
  const states = simulation.watchedAfter.slice(simulation.watchedAfter.length - keys.length);
  const found: OwnPosition[] = [];
  for (const [i, key] of keys.entries()) {
    const state = states[i] ?? null;
    if (state === null) continue;
    const position = readPosition(key, state, simulation.owed[i] ?? [null, null]);
    if (!position) return null;
    found.push(position);
  }
  return found;
}

/** What is opened beside more positions than can be kept in sight could not be brought home. */
export function crowdProblems(before: readonly OwnPosition[], after: readonly OwnPosition[]): readonly Unknown[] {
  const created = after.filter(({ id, manager }) => !before.some((known) => known.id === id && known.manager === manager));
  return created.flatMap(({ manager, owner }) => {
    const beside = before.filter((known) => known.manager === manager && known.owner === owner).length;
    if (beside < MOST_BESIDE_NEW) return [];
    return [unknown("CANNOT_SIMULATE", `${owner} holds ${beside} positions in ${manager}: another could be lost from sight`)];
  });
}

/** None for one that is in no pool of the book: what its tokens do when it is looked at is nobody's business here. */
function keyOf({ chain, book, accounts }: Scene, position: OwnPosition): readonly PositionKey[] {
  if (!marketOf(chain, book, position)) return [];
  const { manager, owner, id } = position;
  const [address, ownerAddress] = [book.contracts[manager]?.address, accounts[owner]];
  return address === undefined || ownerAddress === undefined ? [] : [{ manager, address, owner, ownerAddress, id }];
}

/** Positions that came into being for an own account. */
function createdIn({ calls }: Simulation, { book, accounts }: Scene): readonly PositionKey[] {
  return managersOf(book).flatMap(([manager, address]) =>
    calls.flatMap(({ logs }) =>
      logs.flatMap((log): readonly PositionKey[] => {
        const [name, from, to, id] = log.topics;
        if (lower(log.address) !== address || name !== TRANSFER || !from || !to || !id || addressOf(from) !== NOBODY) return [];
        const own = Object.entries(accounts).find(([, account]) => lower(account) === addressOf(to));
        return own ? [{ manager, address, owner: own[0], ownerAddress: own[1], id: BigInt(id) }] : [];
      }),
    ),
  );
}

function addressOf(topic: `0x${string}`): Address {
  return lower(`0x${topic.slice(26)}`);
}
