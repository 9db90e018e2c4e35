import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";

/** What is held of an asset, as the tool get_portfolio tells it. */
export interface HeldAsset {
  readonly account: string;
  readonly asset: string;
  readonly amount: string;
  readonly value_usd: string | null;
  /** Share of the portfolio's value. */
  readonly weight: string;
}

/** Rows of get_portfolio. What gas is paid with is left out. */
export function readHeldAsset(row: Readonly<Record<string, unknown>>): readonly HeldAsset[] {
  const { account, asset, amount, value_usd, weight, role } = row;
  if (role === "gas" || typeof account !== "string" || typeof asset !== "string" || typeof amount !== "string") return [];
  return [
    {
      account,
      asset,
      amount,
      value_usd: typeof value_usd === "string" ? value_usd : null,
      weight: typeof weight === "string" ? weight : "0",
    },
  ];
}

/** USD of all that is held. */
export function worthOf(held: readonly HeldAsset[]): Decimal {
  return held.reduce((total, { value_usd }) => total.plus(decimal(value_usd ?? "0")), ZERO);
}
