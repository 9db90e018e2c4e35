import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { InvariantError } from "../../core/errors.ts";
import { canonicalJson, hashOf, sha256 } from "../../core/json.ts";
import { anvilBinary } from "../../gateway/fork/anvil-binary.ts";
import { startAnvil } from "./anvil.ts";
import { multicall3Bytecode, ownArtifact } from "./artifacts.ts";
import { buildEvmWorld } from "./build-evm-world.ts";
import { cacheFolder } from "./cache-folder.ts";
import { EVM_ADDRESSES } from "./evm-addresses.ts";
import { LOCKED_PACKAGES } from "./packages.ts";
import { FEED_DECIMALS, MARKET_HOLDS, OBSERVATIONS, POOLS, TICK_SPACING, TOKENS } from "./world-spec.ts";
import { writeAtomically } from "./write-atomically.ts";

/**
 * The file with the base state of every EVM world, built when the cache has none for what determines it. Two
 * processes that build at once write the same file.
 *
 * @throws {PackageFetchError | PackageIntegrityError} when the published contracts cannot be had.
 */
export async function baseState(cache: string = cacheFolder()): Promise<string> {
  const path = join(cache, "worlds", `evm-${await stateKey()}.json`);
  if (!(await exists(path))) await writeAtomically(path, await buildState(cache));
  return path;
}

async function buildState(cache: string): Promise<Uint8Array> {
  const chain = await startAnvil();
  try {
    const built = await buildEvmWorld(chain, cache);
    if (canonicalJson(built) !== canonicalJson(EVM_ADDRESSES)) {
      throw new InvariantError("the world was built at other addresses than evm-addresses.ts has", { details: { built } });
    }
    const dump = (await chain.rpc("anvil_dumpState")) as string;
    return await promisify(gunzip)(Buffer.from(dump.slice(2), "hex"));
  } finally {
    await chain.stop();
  }
}

/** A hash of everything that the base state depends on: the builder's own text, what it is told, and the code it deploys. */
async function stateKey(): Promise<string> {
  const sources = ["build-evm-world", "send-transaction", "sqrt-price", "world-abi", "actors", "anvil"];
  const extension = import.meta.filename.slice(import.meta.filename.lastIndexOf("."));
  const own = ["Market", "PriceFeed", "TestToken", "TestVault"] as const;
  const key = hashOf({
    anvil: anvilBinary().version,
    sources: await Promise.all(sources.map(async (name) => sha256(await readFile(join(import.meta.dirname, name + extension))))),
    spec: { FEED_DECIMALS, MARKET_HOLDS, OBSERVATIONS, POOLS, TICK_SPACING, TOKENS },
    own: await Promise.all(own.map(async (name) => (await ownArtifact(name)).bytecode)),
    published: LOCKED_PACKAGES,
    multicall3: sha256(await multicall3Bytecode()),
  });
  return key.slice(0, 32);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
