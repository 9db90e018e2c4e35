import { isoTime } from "../../core/clock.ts";
import { shortHex } from "../../core/hex.ts";
import type { StandingView } from "../../gateway/operator/orders.ts";
import { dollars } from "../../mandate/dollars.ts";
import { printable } from "../../mandate/render-problem.ts";
import { change } from "../journal/pick.ts";
import { tellStop } from "./tell-stop.ts";

/** Whether a person has something to decide. */
export function differs({ chains, holdings, allowances, in_flight, signatures }: StandingView): boolean {
  return (
    chains.some(
      ({ journal_nonce, chain_nonce, pending_nonce }) => journal_nonce !== chain_nonce || pending_nonce !== chain_nonce,
    ) ||
    holdings.some(({ journal, chain }) => !journal.eq(chain)) ||
    // Less than the journal knows of was used, or taken back.
    allowances.some(({ journal, chain }) => chain.gt(journal)) ||
    // What is signed and not used yet is no difference.
    in_flight.some(({ key }) => !signatures.some((live) => live.key === key))
  );
}

/** Both sides, a line each. */
export function renderStanding(standing: StandingView): string {
  const { chains, holdings, allowances, in_flight, signatures, stopped, high_water_usd, modes, hash } = standing;
  return [
    ...chains.map(({ chain, journal_nonce, chain_nonce, pending_nonce }) => {
      const waiting = pending_nonce === chain_nonce ? "" : `, ${pending_nonce - chain_nonce} waiting`;
      return line(
        `next nonce on ${printable(chain)}`,
        String(journal_nonce),
        `${chain_nonce}${waiting}`,
        journal_nonce !== chain_nonce,
      );
    }),
    ...holdings.map(({ account, asset, journal, chain }) => {
      const by = journal.eq(chain) ? "" : `  ${change(chain.minus(journal))}`;
      return `${line(`${printable(account)} ${printable(asset)}`, journal.toFixed(), chain.toFixed(), !journal.eq(chain))}${by}`;
    }),
    ...allowances.map(({ asset, spender, journal, chain }) =>
      line(`${shortHex(spender)} may take ${printable(asset)}`, journal.toFixed(), chain.toFixed(), chain.gt(journal)),
    ),
    ...in_flight.map(({ key, kind }) => `${"in flight".padEnd(26)}${key.slice(0, 12)}  ${kind}`),
    ...signatures.map(({ type, spender, amounts, until }) => {
      const what = amounts.map(({ asset, amount }) => `${amount} ${printable(asset)}`).join(", ");
      return `${"signed, not used yet".padEnd(26)}${type}: ${shortHex(spender)} may take ${what} until ${isoTime(until)}`;
    }),
    `${"high-water mark".padEnd(26)}${high_water_usd === null ? "not known yet" : dollars(high_water_usd, "down")}`,
    tellStop(stopped),
    ...modes.map(({ exchange, problem }) => `${printable(exchange)} opens nothing: ${printable(problem)}`),
    differs(standing) ? `the sides differ; this standing is ${hash}` : "the journal and the chain agree",
  ].join("\n");
}

function line(what: string, journal: string, chain: string, other: boolean): string {
  return `${what.padEnd(26)}journal ${journal}   chain ${chain}${other ? "   DIFFERS" : ""}`;
}
