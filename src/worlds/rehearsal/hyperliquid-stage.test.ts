import { ExchangeClient, HttpTransport } from "@nktkas/hyperliquid";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { DAY, MINUTE } from "../../core/clock.ts";
import { parseSample } from "../../mandate/testing/sample-mandate.ts";
import type { HyperliquidScope } from "../../venues/hyperliquid/scope.ts";
import { sampleScope } from "../../venues/hyperliquid/testing/sample-account.ts";
import { REHEARSAL_WALLET } from "../anvil/rehearsal-wallet.ts";
import { hyperliquidStage } from "./hyperliquid-stage.ts";
import { REHEARSAL_API_KEY } from "./rehearsal-account.ts";

const { "BTC:perp": bitcoin, "ETH:perp": ether } = sampleScope.markets;
if (!bitcoin || !ether) throw new Error("the sample has two perpetuals");
const hype = {
  kind: "spot",
  coin: "@107",
  asset: 10_107,
  sz_decimals: 2,
  token_id: "0x00000000000000000000000000000002",
  priced_by: "HYPE",
} as const;
const perps: HyperliquidScope["markets"] = { "BTC:perp": bitcoin, "ETH:perp": ether };

async function begun(funds: Readonly<Record<string, string>>, markets: HyperliquidScope["markets"] = perps) {
  const scope = { ...sampleScope, account: { label: "wallet", address: REHEARSAL_WALLET }, max_age: DAY, markets };
  return await hyperliquidStage({ mandate: parseSample(), scope, seed: "stage", funds, step: MINUTE });
}

test.each<readonly [string, Readonly<Record<string, string>>, HyperliquidScope["markets"], string, string]>([
  ["all of it stays with perpetuals where no spot is traded", { USDC: "500" }, perps, "500", "0"],
  ["a fifth begins in spot where spot is traded", { USDC: "500" }, { ...perps, "HYPE:spot": hype }, "400", "100"],
  ["all of it where nothing but spot is", { USDC: "500" }, { "HYPE:spot": hype }, "0", "500"],
  ["both as they were asked for", { perp: "30", spot: "70.5" }, perps, "30", "70.5"],
])("of what an account begins with, %s", async (_, funds, markets, perp, spot) => {
  const stage = await begun(funds, markets);
  try {
    const seen = await stage.venue.observe();
    expect([seen.account_value_usd.toFixed(), seen.spot_usd.total.toFixed()]).toEqual([perp, spot]);
  } finally {
    await stage.stop();
  }
});

test.each([{ ETH: "1" }, { USDC: "500", spot: "100" }])("an account does not begin with %o", async (funds) => {
  await expect(begun(funds)).rejects.toMatchObject({ code: "BAD_FUNDS" });
});

test("the key that the gateway gets trades for the account and takes nothing out of it", async () => {
  const stage = await begun({ USDC: "1000" });
  try {
    expect(stage.key).toBe(REHEARSAL_API_KEY);
    const now = await stage.clock.now();
    const client = new ExchangeClient({
      transport: new HttpTransport({ apiUrl: stage.url, isTestnet: true }),
      wallet: privateKeyToAccount(stage.key),
      nonceManager: () => now,
    });
    await client.updateLeverage({ asset: 0, isCross: false, leverage: 2 });
    await expect(client.usdSend({ destination: "0x000000000000000000000000000000000000dead", amount: "1" })).rejects.toThrow();
    expect((await stage.venue.observe()).value_usd?.toFixed()).toBe("1000");
  } finally {
    await stage.stop();
  }
});
