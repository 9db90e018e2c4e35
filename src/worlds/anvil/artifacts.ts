import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { InvariantError } from "../../core/errors.ts";
import type { Hex } from "../../core/hex.ts";
import { LOCKED_PACKAGES, readPackageFile } from "./packages.ts";

/** Our own contracts (contracts/src). */
export type OwnContract =
  | "AllowanceHub"
  | "Collectibles"
  | "LyingToken"
  | "Market"
  | "MultiCollectibles"
  | "OddToken"
  | "PermitToken"
  | "PriceFeed"
  | "Probe"
  | "Puller"
  | "SleeperToken"
  | "TestToken"
  | "TestVault"
  | "TetherLike";
/** Contracts used as published. */
export type PublishedContract = "WETH9" | "UniswapV3Factory" | "NonfungiblePositionManager" | "SwapRouter02" | "QuoterV2";

export interface OwnArtifact {
  readonly contract: string;
  readonly abi: readonly unknown[];
  /** Init code, without constructor arguments. */
  readonly bytecode: Hex;
  /** Code as it stands on chain; immutables are zero in it. */
  readonly deployedBytecode: Hex;
}

const OWN = join(import.meta.dirname, "..", "..", "..", "contracts", "artifacts");
const require = createRequire(import.meta.url);

export async function ownArtifact(contract: OwnContract): Promise<OwnArtifact> {
  return JSON.parse(await readFile(join(OWN, `${contract}.json`), "utf8")) as OwnArtifact;
}

/** Init code of a contract that is used as it was published, without constructor arguments. */
export async function publishedBytecode(contract: PublishedContract, cache?: string): Promise<Hex> {
  for (const locked of LOCKED_PACKAGES) {
    const file = Object.keys(locked.files).find((path) => path.endsWith(`/${contract}.json`));
    if (file === undefined) continue;
    const text = Buffer.from(await readPackageFile(locked, file, cache)).toString("utf8");
    return (JSON.parse(text) as { readonly bytecode: Hex }).bytecode;
  }
  throw new InvariantError(`no locked package has ${contract}`);
}

/** Init code of Multicall3, which viem carries but does not export. */
export async function multicall3Bytecode(): Promise<Hex> {
  const viem = dirname(require.resolve("viem/package.json"));
  const constants: unknown = await import(pathToFileURL(join(viem, "_esm", "constants", "contracts.js")).href);
  if (typeof constants === "object" && constants !== null && "multicall3Bytecode" in constants) {
    const code = constants.multicall3Bytecode;
    if (typeof code === "string" && code.startsWith("0x")) return code as Hex;
  }
  throw new InvariantError("viem no longer carries the bytecode of Multicall3");
}
