import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { InvariantError } from "../../../src/core/errors.ts";
import { baseState } from "../../../src/worlds/anvil/base-state.ts";
import { cacheFolder } from "../../../src/worlds/anvil/cache-folder.ts";
import { WORLD_ADDRESSES } from "../../../src/worlds/anvil/world-addresses.ts";
import { OBSERVATIONS } from "../../../src/worlds/anvil/world-spec.ts";
import { writeAtomically } from "../../../src/worlds/anvil/write-atomically.ts";

type Storage = Readonly<Record<string, string>>;

interface State {
  readonly accounts: Record<string, { readonly storage: Storage }>;
}

/** Where in a pool's storage its observations begin, one a slot. */
const FIRST = 8;
/** How many a pool keeps here. */
const KEPT = 4;
/** A pool's first slot: nothing but the first observation was written yet, and there is room for all. */
const UNTOUCHED = new RegExp(`^(0x.{6})${word16(OBSERVATIONS)}(00010000.{46})$`);

/**
 * A cache with the base state of a world in it whose pools have no room for the past: none of the mandates here asks for a mean
 * price, and it is five sixths of all the storage that a node works its root out of with each block. It is made once, beside
 * the whole one.
 */
export async function leanCache(): Promise<string> {
  const whole = await baseState();
  const cache = join(cacheFolder(), `lean-${KEPT}`);
  const path = join(cache, "worlds", basename(whole));
  if (!existsSync(path)) await writeAtomically(path, Buffer.from(leanOf(readFileSync(whole, "utf8"))));
  return cache;
}

function leanOf(whole: string): string {
  const { accounts, ...rest } = JSON.parse(whole) as State;
  for (const { address } of Object.values(WORLD_ADDRESSES.pools)) {
    const pool = accounts[address];
    if (!pool) throw new InvariantError(`the world's base has no pool ${address}`);
    accounts[address] = { ...pool, storage: withoutRoom(pool.storage) };
  }
  return JSON.stringify({ ...rest, accounts });
}

function withoutRoom(storage: Storage): Storage {
  const first = slotName(0);
  const untouched = UNTOUCHED.exec(storage[first] ?? "");
  if (!untouched) throw new InvariantError("a pool of the world's base has a past");
  const gone = new Set(Array.from({ length: OBSERVATIONS - KEPT }, (_, i) => slotName(FIRST + KEPT + i)));
  const left = Object.entries(storage).filter(([slot]) => !gone.has(slot));
  return { ...Object.fromEntries(left), [first]: `${untouched[1]}${word16(KEPT)}${untouched[2]}` };
}

function slotName(slot: number): string {
  return `0x${slot.toString(16).padStart(64, "0")}`;
}

function word16(value: number): string {
  return value.toString(16).padStart(4, "0");
}
