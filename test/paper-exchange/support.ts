import { ExchangeClient, HttpTransport, InfoClient } from "@nktkas/hyperliquid";
import { formatPrice, SymbolConverter } from "@nktkas/hyperliquid/utils";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Hex } from "../../src/core/hex.ts";
import type { PaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";

export { generatePrivateKey, privateKeyToAccount };

/** The SDK as anybody uses it, against a paper exchange. */
export function clientsOf(paper: PaperExchange, { n = 0, timeout = 10_000 } = {}) {
  const account = paper.accounts[n];
  if (account === undefined) throw new Error(`there is no account ${n}`);
  const transport = new HttpTransport({ isTestnet: true, apiUrl: paper.http, timeout });
  return {
    transport,
    user: account.address,
    wallet: privateKeyToAccount(account.private_key),
    info: new InfoClient({ transport }),
    exchange: new ExchangeClient({ transport, wallet: privateKeyToAccount(account.private_key) }),
  };
}

export function exchangeAs(paper: PaperExchange, key: Hex, options: { readonly isTestnet?: boolean } = {}) {
  const transport = new HttpTransport({ isTestnet: options.isTestnet ?? true, apiUrl: paper.http, timeout: 10_000 });
  return new ExchangeClient({ transport, wallet: privateKeyToAccount(key) });
}

export interface Quote {
  readonly asset: number;
  /** The middle, times a factor, on the venue's grid. */
  at(factor: number): string;
  /** A size of about so many dollars. */
  worth(usd: number): string;
}

/** A market as it stands. */
export async function quote(clients: ReturnType<typeof clientsOf>, coin: string): Promise<Quote> {
  const converter = await SymbolConverter.create({ transport: clients.transport });
  const asset = converter.getAssetId(coin);
  const decimals = converter.getSzDecimals(coin);
  if (asset === undefined || decimals === undefined) throw new Error(`${coin} is no market`);
  const mids = await clients.info.allMids();
  const mid = Number(mids[converter.getSpotPairId(coin) ?? coin]);
  return {
    asset,
    at: (factor) => formatPrice(String(mid * factor), decimals, asset >= 10_000 ? "spot" : "perp"),
    worth: (usd) => String(Number((usd / mid).toFixed(decimals))),
  };
}

export const limit = (tif: "Gtc" | "Ioc" | "Alo") => ({ limit: { tif } });
