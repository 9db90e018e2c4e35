import { SECOND } from "../../core/clock.ts";
import { isAbove } from "../../core/compare-decimals.ts";
import { lower, shortHex } from "../../core/hex.ts";
import { splitAssetId, type UnknownCode } from "../../protocols/effects.ts";
import { signatureTypeOf } from "../../protocols/signatures/signature-types.ts";
import { type Facts, PASSED_BY_EXITS } from "../facts.ts";
import { mayStand } from "../standing.ts";
import { HOLDS, ofEach, type Rule } from "./rule.ts";

const callsOf = ({ effects }: Facts) => effects.calls;

export const unknowns: Rule = () =>
  ofEach(
    ({ effects }) => effects.unknown,
    ({ code, what }, facts) => (keepsNobodyIn(code, facts) ? null : { code, message: what }),
  );

/** At an exchange what only reduces can do no more than its bytes say; how old its prices may be, a person may judge. */
function keepsNobodyIn(code: UnknownCode, { atWorst, exchange, operator }: Facts): boolean {
  if (atWorst.class !== "reduce") return false;
  if (exchange === null) return PASSED_BY_EXITS.has(code);
  return code === "ACCOUNT_IN_DOUBT" || code === "ACCOUNT_MODE" || (code === "NODE_STALE" && operator);
}

export const tokens: Rule = () =>
  ofEach(
    ({ moves }) => moves,
    ({ most, of: { allowed, native, symbol } }, { atWorst }) => {
      if (allowed) return null;
      // Native coin that is not allowed is gas: it is no position that could be left over to sell.
      const exitOnly = atWorst.class !== "spend" && !native && most !== "unbounded" && !most.isPositive();
      if (exitOnly) return null;
      const message = `${symbol} is not among allowed_tokens`;
      return { code: "TOKEN_NOT_ALLOWED", limit: "allowed_tokens", value: symbol, message };
    },
  );

export const contracts: Rule = ({ limits: { allowed_contracts: allowed } }) =>
  ofEach(callsOf, ({ contract, kind, function: name }) => {
    if (contract === null || isToken(kind) || allowed.includes(contract)) return null;
    const message = `${contract}.${name} is not among allowed_contracts`;
    return { code: "CONTRACT_NOT_ALLOWED", limit: "allowed_contracts", value: contract, message };
  });

/** Tokens apart: those are held to allowed_tokens. */
export const protocolKinds: Rule = ({ limits: { allowed_protocols: allowed } }) => {
  if (allowed === "all") return null;
  return ofEach(callsOf, ({ kind, function: name }) => {
    if (kind === null || kind === "erc20" || kind === "weth9" || allowed.includes(kind)) return null;
    // A vault's shares are a token as well.
    if (kind === "erc4626" && (name === "approve" || name === "transfer")) return null;
    const message = `contracts of kind ${kind} are not among allowed_protocols`;
    return { code: "PROTOCOL_NOT_ALLOWED", limit: "allowed_protocols", value: kind, message };
  });
};

/** Calls of a token are held to allowed_tokens instead. */
function isToken(kind: string | null): boolean {
  return kind === "erc20" || kind === "weth9" || kind === "erc4626";
}

/** Messages are judged as what they enable, and are signed only where their type is listed. */
export const signatures: Rule = ({ limits: { allowed_signatures: allowed } }) =>
  ofEach(callsOf, ({ signs, function: name }) => {
    if (signs === undefined || allowed.some((listed) => signatureTypeOf(listed)?.hash === signs)) return null;
    const message = `${name} (${shortHex(signs)}) is not among allowed_signatures`;
    return { code: "SIGNING_NOT_ALLOWED", limit: "allowed_signatures", value: name, message };
  });

export const unfloored: Rule = ({ limits: { allow_unfloored: allowed } }) =>
  ofEach(
    ({ effects }) => effects.unfloored,
    ({ contract, asset, amount }) => {
      if (allowed.includes(contract)) return null;
      const message = `${contract} takes ${amount.toFixed()} ${splitAssetId(asset).symbol} and the bytes guarantee nothing in return`;
      return { code: "NO_FLOOR", limit: "allow_unfloored", value: contract, message };
    },
  );

export const recipients: Rule = ({ limits: { allowed_recipients: allowed } }) =>
  ofEach(
    ({ effects }) => effects.payments,
    ({ to }) => {
      if (allowed.some((recipient) => lower(recipient) === lower(to))) return null;
      const message = `${shortHex(lower(to))} may not be paid`;
      return { code: "RECIPIENT_NOT_ALLOWED", limit: "allowed_recipients", value: lower(to), message };
    },
  );

export const allowances: Rule = (terms) =>
  ofEach(
    ({ effects }) => effects.allowances,
    (change, { effects }) => {
      if (!isAbove(change.after, change.before) || mayStand(terms, effects, change)) return null;
      const { asset, spender, after } = change;
      const message = `the request would leave ${shortHex(spender)} an allowance over ${splitAssetId(asset).symbol}; approve the exact amount in the request that uses it`;
      return { code: "ALLOWANCE_LEFT", value: after.toFixed(), allowed: "0", message };
    },
  );

export const deadline: Rule = ({ limits: { max_deadline_seconds: longest } }) => {
  const most = longest.toNumber();
  return ({ effects, now }) => {
    if (effects.deadline === null) return HOLDS;
    const seconds = Math.ceil((effects.deadline - now) / SECOND);
    if (seconds <= most) return HOLDS;
    const message = `the bytes stay valid for ${seconds} s, more than ${longest.toFixed()} s`;
    return [
      { code: "DEADLINE_TOO_FAR", limit: "max_deadline_seconds", value: String(seconds), allowed: longest.toFixed(), message },
    ];
  };
};
