/** Tokens that stand for a coin under another name. */
const STANDS_FOR: Readonly<Record<string, string>> = {
  WETH: "ETH",
  UETH: "ETH",
  WBTC: "BTC",
  CBBTC: "BTC",
  UBTC: "BTC",
  USOL: "SOL",
};

/**
 * Whether an asset is one of a strategy's markets: "BTC" means its perp and its spot, "any:spot" whatever is held and not
 * margined, "any" everything. Wrapped coins are what they wrap.
 */
export function isMarketOf(asset: string, markets: readonly string[]): boolean {
  const name = asset.slice(asset.indexOf("/") + 1);
  const [symbol = "", type = "spot"] = name.split(":");
  const coin = STANDS_FOR[symbol.toUpperCase()] ?? symbol.toUpperCase();
  return markets.some((market) => {
    const [wanted = "", wantedType] = market.split(":");
    const named = wanted === "any" || wanted.toUpperCase() === coin || wanted.toUpperCase() === symbol.toUpperCase();
    return named && (wantedType === undefined || wantedType === type);
  });
}
