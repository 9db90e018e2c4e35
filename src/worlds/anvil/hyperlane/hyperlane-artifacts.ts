import { InvariantError } from "../../../core/errors.ts";
import type { Hex } from "../../../core/hex.ts";
import { type LockedPackage, readPackageFile } from "../packages.ts";
import lock from "./hyperlane.lock.json" with { type: "json" };

/**
 * The published package of Hyperlane's contracts. It has a lock of its own: it is large, and no world fetches it that
 * does not ask for a second domain.
 */
const HYPERLANE: LockedPackage = lock;

export type HyperlaneContract =
  | "HypERC20"
  | "HypERC20Collateral"
  | "HypNative"
  | "Mailbox"
  | "ProtocolFee"
  | "TestIsm"
  | "TestPostDispatchHook";

/**
 * Init code of a contract as Hyperlane published it, without constructor arguments.
 *
 * @throws {PackageFetchError | PackageIntegrityError}
 */
export async function hyperlaneBytecode(contract: HyperlaneContract, cache?: string): Promise<Hex> {
  const file = Object.keys(HYPERLANE.files).find((path) => path.endsWith(`/${contract}__factory.js`));
  if (file === undefined) throw new InvariantError(`the locked package has no ${contract}`);
  const text = Buffer.from(await readPackageFile(HYPERLANE, file, cache)).toString("utf8");
  // The package ships its bytecode within generated code alone. It is read as text and never run.
  const found = /^const _bytecode = "(0x[0-9a-f]+)";$/m.exec(text)?.[1];
  if (found === undefined) throw new InvariantError(`${file} has no bytecode`);
  return found as Hex;
}
