import { existsSync, statfsSync } from "node:fs";
import { baseState } from "../../src/worlds/anvil/base-state.ts";
import { hyperlaneBytecode } from "../../src/worlds/anvil/hyperlane/hyperlane-artifacts.ts";

const RAM = "/dev/shm";
/** Room that all tests at once are far from using. */
const ENOUGH_BYTES = 4n * 1024n ** 3n;

/**
 * Runs once before all tests: the worlds' contracts are fetched and built before anybody starts one. Files that a test makes
 * for itself go to memory where there is plenty: a journal's syncs are made all the same and wait for no disk, and what a
 * killed process has written is there as it would be on one.
 */
export async function setup(): Promise<void> {
  if (process.env.TMPDIR === undefined && existsSync(RAM)) {
    const { bavail, bsize } = statfsSync(RAM, { bigint: true });
    if (bavail * bsize >= ENOUGH_BYTES) process.env.TMPDIR = RAM;
  }
  await baseState();
  // One large package: it is fetched here, and by no two tests at once.
  await hyperlaneBytecode("Mailbox");
}
