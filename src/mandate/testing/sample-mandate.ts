import type { Address } from "../../core/hex.ts";
import { parseMandate } from "../parse-mandate.ts";
import type { Mandate } from "../terms.ts";

export const WORLD_WALLET: Address = "0x00000000000000000000000000000000000aaaaa";

const CHAIN = `    chains:
      base:
        id: 31337
        rpc: world
        assets:
          WETH: { address: "0x1111111111111111111111111111111111111111", decimals: 18, kind: weth9 }
          USDC: { address: "0x2222222222222222222222222222222222222222", decimals: 6 }
          GOV: { address: "0x3333333333333333333333333333333333333333", decimals: 18 }
        contracts:
          router: { kind: uniswap-v3-router02, address: "0x4444444444444444444444444444444444444444" }
          factory: { kind: uniswap-v3-factory, address: "0x5555555555555555555555555555555555555555" }
        pools:
          WETH-USDC: { kind: uniswap-v3-pool, address: "0x6666666666666666666666666666666666666666", fee: 500 }
        feeds:
          WETH: { kind: chainlink, address: "0x7777777777777777777777777777777777777777", max_age: 1h, deviation_bps: 50 }
          USDC: { peg: 1.00, band_bps: 50, feed: "0x8888888888888888888888888888888888888888" }`;

/** A mandate that is right in every line. Tests change one line of it. */
export const SAMPLE = `---
id: sample
venue: evm
network: rehearsal
numeraire: USDC
every: 60s
decider: structured
model: { provider: anthropic, id: claude-sonnet-4-5, max_tokens: 1500 }

limits:
  allowed_tokens: [WETH, USDC]
  max_single_trade_usd: 500
  max_daily_spend_usd: 2000
  max_daily_loss_usd: 60
  max_position_size_usd: 6000
  max_slippage_bps: 50
  max_trades_per_hour: 6
  stop_loss_pct: 8
  max_gas_usd_per_day: 5
  max_llm_usd_per_day: 1.00
  require_human_approval_above_usd: 400

networks:
  rehearsal:
${CHAIN}
  base:
    wallet: "0x00000000000000000000000000000000000bbbbb"
${CHAIN.replace("id: 31337", "id: 8453\n        confirmations: 3\n        block_seconds: 2").replace("rpc: world", "rpc: https://mainnet.base.org")}
---
Hold half in WETH and half in USDC.
`;

export type Change = readonly [from: string, to: string];

/** The sample with one text in it replaced by another, which must be there. */
export function sampleWith(...changes: readonly Change[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new TypeError(`the sample has no ${JSON.stringify(from)}`);
    return text.replace(from, to);
  }, SAMPLE);
}

export function parseSample(...changes: readonly Change[]): Mandate {
  return parseMandate(sampleWith(...changes), { file: "MANDATE.md", worldWallet: WORLD_WALLET });
}
