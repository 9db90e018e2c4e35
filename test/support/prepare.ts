import { baseState } from "../../src/worlds/anvil/base-state.ts";

/** Runs once before all tests: the worlds' contracts are fetched and built before anybody starts one. */
export async function setup(): Promise<void> {
  await baseState();
}
