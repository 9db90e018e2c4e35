import { type Decimal, fromUnits, toUnits, ZERO } from "../../core/decimal.ts";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import type { ChainBook } from "../../mandate/book.ts";
import { type AccountId, type AssetId, assetId, type ChainLabel } from "../../protocols/effects.ts";
import { encodeMaxWithdraw, encodePreviewDeposit, encodePreviewRedeem, rateShares } from "../../protocols/erc4626.ts";
import type { SeenVault } from "./observation.ts";

/** A read at the observed block. Null: the contract reverted or gave nothing. */
export type Read = (to: Address, data: Hex) => Promise<Hex | null>;

interface Balance {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly amount: Decimal | null;
}

/** What each vault of the book gives for money and for the shares that are held. One that does not say is left out. */
export async function observeVaults(
  read: Read,
  {
    chain,
    book,
    accounts,
    balances,
  }: {
    readonly chain: ChainLabel;
    readonly book: ChainBook;
    readonly accounts: Readonly<Record<AccountId, Address>>;
    readonly balances: readonly Balance[];
  },
): Promise<readonly SeenVault[]> {
  const vaults = Object.entries(book.assets).flatMap(([symbol, asset]) => {
    const within = asset.of === undefined ? undefined : book.assets[asset.of];
    return within ? [{ symbol, ...asset, underlying: assetId(chain, asset.of ?? ""), within }] : [];
  });
  const found = await Promise.all(
    vaults.flatMap(({ symbol, address, decimals, underlying, within }) =>
      Object.entries(accounts).map(async ([account, owner]): Promise<readonly SeenVault[]> => {
        const asset = assetId(chain, symbol);
        const shares = balances.find((one) => one.account === account && one.asset === asset)?.amount ?? ZERO;
        const million = rateShares(within.decimals);
        const vault = lower(address);
        const [each, most, paid] = await Promise.all([
          read(vault, encodePreviewDeposit(million)),
          read(vault, encodeMaxWithdraw(owner)),
          read(vault, encodePreviewRedeem(toUnits(shares, decimals))),
        ]);
        const [bought, limit, worth] = [units(each), units(most), units(paid)];
        if (bought === null || limit === null || worth === null) return [];
        // Where an exit fee is taken, what a redeem pays rounds down, and a withdrawal of just that could need a share more.
        const payable = worth >= limit ? limit : worth > 0n ? worth - 1n : 0n;
        return [
          {
            chain,
            asset,
            account,
            underlying,
            shares_each: fromUnits(bought, decimals).div(fromUnits(million, within.decimals)),
            shares,
            redeemable: fromUnits(payable, within.decimals),
          },
        ];
      }),
    ),
  );
  return found.flat();
}

function units(answer: Hex | null): bigint | null {
  return answer === null || answer.length !== 66 ? null : BigInt(answer);
}
