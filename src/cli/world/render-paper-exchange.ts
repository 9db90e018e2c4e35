import { printable } from "../../mandate/render-problem.ts";
import type { PaperAccount } from "../../worlds/paper-exchange/server/paper-accounts.ts";

export interface AboutPaperExchange {
  readonly http: string;
  readonly ws: string;
  readonly accounts: readonly PaperAccount[];
}

/** What a user of a paper exchange is told, as text, with what to type in two languages. */
export function renderPaperExchange({ http, ws, accounts }: AboutPaperExchange, seed: string): string {
  const key = accounts[0]?.private_key ?? "0x…";
  return [
    `${http}   ${ws}   seed ${printable(seed)}`,
    "",
    "throwaway accounts (their keys are public: never send them anything of worth)",
    ...accounts.flatMap(({ address, private_key, usdc }) => [`  ${address}   ${usdc} USDC`, `  ${private_key}`]),
    "",
    "TypeScript, @nktkas/hyperliquid",
    `  const transport = new HttpTransport({ isTestnet: true, apiUrl: "${http}" });`,
    `  const exchange = new ExchangeClient({ transport, wallet: privateKeyToAccount("${key}") });`,
    "",
    "Python, hyperliquid-python-sdk",
    `  exchange = Exchange(Account.from_key("${key}"), base_url="${http}")`,
    "",
    "A mandate on a paper network, with an account of its own here",
    `  mandate run MANDATE.md --world ${http}`,
    "",
    "Only signatures for the testnet are accepted: nothing that is signed here is valid on mainnet.",
    "Ctrl-C ends it.",
  ].join("\n");
}
