import { privateKeyToAccount, privateKeyToAddress } from "viem/accounts";
import { keccak256, toHex } from "viem/utils";
import { DAY, MINUTE } from "../../core/clock.ts";
import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";
import { InvariantError } from "../../core/errors.ts";
import { type Hex, lower } from "../../core/hex.ts";
import { readExchangeAnswer } from "../../protocols/hyperliquid/exchange-answer.ts";
import { endpoint } from "../../protocols/hyperliquid/info-client.ts";
import { signatureParts } from "../../protocols/hyperliquid/signature-parts.ts";
import { userSignedTypedData } from "../../protocols/hyperliquid/typed-data.ts";
import { postJson } from "../../protocols/post-json.ts";
import type { HyperliquidScope } from "../../venues/hyperliquid/scope.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../anvil/rehearsal-wallet.ts";
import type { PaperExchange } from "../paper-exchange/start-paper-exchange.ts";
import { fundAccount, type PaperFunds } from "./fund-account.ts";
import { RehearsalError } from "./rehearsal-error.ts";

/** What may trade for a rehearsal's account and take nothing out of it. As worthless as the account. */
export const REHEARSAL_API_KEY: Hex = keccak256(toHex("mandate: the API wallet of a rehearsal, worth nothing"));

/** What the account begins with in all, in USD. */
export const DEFAULT_PAPER_FUNDS: Readonly<Record<string, string>> = { USDC: "50000" };

/** The longest that the venue lets an approval hold, whatever the rehearsal's length. */
const LONGEST_APPROVAL = 180 * DAY;

/** Opens the rehearsal's account at a paper exchange that does not know it yet: dollars, and an API wallet for it. */
export async function openRehearsalAccount(paper: PaperExchange, funds: PaperFunds): Promise<void> {
  fundAccount(paper.exchange, REHEARSAL_WALLET, funds);
  const now = await paper.now();
  // The account's own key says who may trade for it, as it would at the venue.
  const owner = privateKeyToAccount(REHEARSAL_KEY);
  const action = {
    type: "approveAgent",
    signatureChainId: "0x66eee",
    hyperliquidChain: "Testnet",
    agentAddress: lower(privateKeyToAddress(REHEARSAL_API_KEY)),
    agentName: `rehearsal valid_until ${now + LONGEST_APPROVAL}`,
    // The first that the owner signs in the rehearsal itself may be of this very moment.
    nonce: now - 1,
  } as const;
  const typed = userSignedTypedData(action) as Parameters<typeof owner.signTypedData>[0];
  const signature = signatureParts(await owner.signTypedData(typed));
  const body = JSON.stringify({ action, nonce: action.nonce, signature });
  const answer = readExchangeAnswer(await postJson(endpoint(paper.http, "exchange"), body, { timeout: MINUTE }));
  if (answer?.kind !== "done") throw new InvariantError(`the API wallet was not approved: ${JSON.stringify(answer)}`);
}

/** A fifth in spot, for whoever trades both. */
export function splitFunds(usdc: number): PaperFunds {
  const spot = decimal(usdc).times("0.2").toDecimalPlaces(2, 1);
  return { perp: decimal(usdc).minus(spot), spot };
}

/**
 * What an account begins with, by class.
 *
 * @param funds - `USDC` in all, a fifth of it in spot where the mandate trades spot; or `perp` and `spot` apart.
 * @throws {RehearsalError} BAD_FUNDS
 */
export function paperFunds(
  { USDC, perp, spot, ...rest }: Readonly<Record<string, string | undefined>>,
  scope: Pick<HyperliquidScope, "markets">,
): PaperFunds {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined || (USDC !== undefined && (perp !== undefined || spot !== undefined))) {
    throw new RehearsalError("BAD_FUNDS", "a paper exchange's account begins with dollars", {
      remedy: "Give USDC=50000 in all, or perp=40000,spot=10000.",
    });
  }
  if (perp !== undefined || spot !== undefined) return { perp: decimal(perp ?? 0), spot: decimal(spot ?? 0) };
  const all = decimal(USDC ?? DEFAULT_PAPER_FUNDS.USDC ?? 0);
  const trades = Object.values(scope.markets);
  const share = trades.every(({ kind }) => kind === "spot") ? 1 : trades.some(({ kind }) => kind === "spot") ? 0.2 : 0;
  const inSpot: Decimal = share === 0 ? ZERO : all.times(share).toDecimalPlaces(2, 1);
  return { perp: all.minus(inSpot), spot: inSpot };
}
