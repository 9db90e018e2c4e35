import { type Address, lower } from "../../core/hex.ts";
import { didYouMean } from "../../mandate/suggest.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type AccountId, type AssetId, assetId, type ChainLabel } from "../../protocols/effects.ts";
import type { EvmObservation, SeenPool, SeenPosition, SeenVault } from "../../venues/evm/observation.ts";
import { ToolError } from "../tool-error.ts";

/** A token of the book as a caller named it. `address` is null for the native coin. */
export interface NamedToken {
  readonly asset: AssetId;
  readonly chain: ChainLabel;
  readonly symbol: string;
  readonly address: Address | null;
  readonly decimals: number;
  readonly kind: string;
}

/** A chain's label in the book, whatever case it was written in. @throws {ToolError} chain_not_allowed. */
export function chainNamed({ book }: Pick<Terms, "book">, name: string | undefined): ChainLabel {
  const labels = Object.keys(book.chains);
  const found = name === undefined ? labels[0] : labels.find((label) => label.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new ToolError("chain_not_allowed", `${shown(name ?? "")} is no chain of the mandate`, {
    remedy: `It has ${labels.join(", ")}.`,
  });
}

/**
 * A token by its symbol, by chain/SYMBOL or by its address. Only the book's: a symbol says nothing of a contract that
 * the mandate does not name.
 *
 * @throws {ToolError} token_not_allowed, chain_not_allowed.
 */
export function tokenNamed(terms: Pick<Terms, "book">, name: string, chain?: string): NamedToken {
  const cut = name.indexOf("/");
  const label = chainNamed(terms, cut > 0 ? name.slice(0, cut) : chain);
  const wanted = (cut > 0 ? name.slice(cut + 1) : name).toLowerCase();
  const book = terms.book.chains[label];
  if (book?.native.symbol.toLowerCase() === wanted) {
    const { symbol } = book.native;
    return { asset: assetId(label, symbol), chain: label, symbol, address: null, decimals: 18, kind: "native" };
  }
  const found = Object.entries(book?.assets ?? {}).find(
    ([symbol, { address }]) => symbol.toLowerCase() === wanted || lower(address) === wanted,
  );
  if (found) {
    const [symbol, { address, decimals, kind }] = found;
    return { asset: assetId(label, symbol), chain: label, symbol, address: lower(address), decimals, kind };
  }
  const known = [...Object.keys(book?.assets ?? {}), book?.native.symbol ?? ""].filter(Boolean);
  throw new ToolError("token_not_allowed", `${shown(name)} is no token of the mandate's book`, {
    remedy: didYouMean(wanted, known, `${label} has ${known.join(", ")}.`),
  });
}

/** An own account by its label or address. @throws {ToolError} account_not_allowed. */
export function accountNamed({ accounts }: Pick<Terms, "accounts">, name: string | undefined): AccountId | undefined {
  if (name === undefined) return undefined;
  const found = Object.entries(accounts).find(([label, address]) => label === name || lower(address) === name.toLowerCase());
  if (found) return found[0];
  throw new ToolError("account_not_allowed", `${shown(name)} is no account of the mandate`, {
    remedy: `It has ${Object.keys(accounts).join(", ")}.`,
  });
}

/** Only one protocol of pools is known. @throws {ToolError} protocol_not_allowed. */
export function protocolNamed(name: string | undefined): void {
  if (name === undefined || /^uniswap[_-]?v3$/i.test(name)) return;
  throw new ToolError("protocol_not_allowed", `${shown(name)} is no protocol that the gateway can bound`, {
    remedy: "Leave it out, or write uniswap_v3.",
  });
}

/** Pools of two tokens, cheapest first. `fee` in hundredths of a basis point. @throws {ToolError} unsupported: the book has none. */
export function poolsNamed(
  seen: EvmObservation,
  one: NamedToken,
  other: NamedToken,
  fee?: number,
): readonly [SeenPool, ...SeenPool[]] {
  const [first, ...rest] = seen.pools
    .filter(
      (pool) =>
        pool.chain === one.chain &&
        [pool.token0.symbol, pool.token1.symbol].includes(one.symbol) &&
        [pool.token0.symbol, pool.token1.symbol].includes(other.symbol) &&
        one.symbol !== other.symbol &&
        (fee === undefined || pool.fee === fee),
    )
    .toSorted((a, b) => a.fee - b.fee);
  if (first) return [first, ...rest];
  const what = `the book has no pool of ${one.symbol} and ${other.symbol}${fee === undefined ? "" : ` with a fee of ${fee}`}`;
  throw new ToolError("unsupported", what, { remedy: `It has ${seen.pools.map(({ label }) => label).join(", ")}.` });
}

/** A position by its number or by its name among the holdings. @throws {ToolError} invalid_position. */
export function positionNamed(seen: EvmObservation, name: string, chain?: ChainLabel): SeenPosition {
  const found = seen.positions.filter(
    (position) =>
      (chain === undefined || position.chain === chain) && (position.asset === name || position.own.id.toString() === name),
  );
  const [only, another] = found;
  if (only && !another) return only;
  const held = seen.positions.map(({ asset }) => asset).join(", ");
  throw new ToolError(
    "invalid_position",
    another ? `${name} is a position in two contracts` : `${shown(name)} is no position that is held`,
    {
      remedy: held === "" ? "None is held." : `Held: ${held}.`,
    },
  );
}

/** A vault of the book by its symbol or address. @throws {ToolError} unsupported, token_not_allowed. */
export function vaultNamed(terms: Pick<Terms, "book">, seen: EvmObservation, name: string, chain?: string): SeenVault {
  const token = tokenNamed(terms, name, chain);
  const vault = seen.vaults.find(({ asset }) => asset === token.asset);
  if (vault) return vault;
  throw new ToolError("unsupported", `${token.symbol} is no vault, or does not answer as one`, {
    remedy: "Name an asset of the book whose kind is erc4626.",
  });
}

/** What somebody else wrote, short and without line breaks. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
