import { SECOND } from "../../core/clock.ts";
import { isAbove } from "../../core/compare-decimals.ts";
import { lower, shortHex } from "../../core/hex.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import { signatureTypeOf } from "../../protocols/signatures/signature-types.ts";
import { derivedLimits } from "../derived-limits.ts";
import { mayStand } from "../standing.ts";
import { each, HOLDS, type Rule } from "./rule.ts";

export const unknowns: Rule = ({ effects }) => each(effects.unknown, ({ code, what }) => ({ code, message: what }));

export const tokens: Rule = ({ moves, atWorst }) =>
  each(moves, ({ most, of: { allowed, native, symbol } }) => {
    // Native coin that is not allowed is gas: it is no position that could be left over to sell.
    const exitOnly = atWorst.class !== "spend" && !native && most !== "unbounded" && !most.isPositive();
    if (allowed || exitOnly) return null;
    const message = `${symbol} is not among allowed_tokens`;
    return { code: "TOKEN_NOT_ALLOWED", limit: "allowed_tokens", value: symbol, message };
  });

export const contracts: Rule = ({ terms, effects }) =>
  each(effects.calls, ({ contract, kind, function: name }) => {
    if (contract === null || isToken(kind) || terms.limits.allowed_contracts.includes(contract)) return null;
    const message = `${contract}.${name} is not among allowed_contracts`;
    return { code: "CONTRACT_NOT_ALLOWED", limit: "allowed_contracts", value: contract, message };
  });

/** Tokens apart: those are held to allowed_tokens. */
export const protocolKinds: Rule = ({ terms, effects }) => {
  const { allowed_protocols: allowed } = terms.limits;
  if (allowed === "all") return HOLDS;
  return each(effects.calls, ({ kind, function: name }) => {
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
export const signatures: Rule = ({ terms, effects }) =>
  each(effects.calls, ({ signs, function: name }) => {
    if (signs === undefined || terms.limits.allowed_signatures.some((listed) => signatureTypeOf(listed)?.hash === signs))
      return null;
    const message = `${name} (${shortHex(signs)}) is not among allowed_signatures`;
    return { code: "SIGNING_NOT_ALLOWED", limit: "allowed_signatures", value: name, message };
  });

export const unfloored: Rule = ({ terms, effects }) =>
  each(effects.unfloored, ({ contract, asset, amount }) => {
    if (terms.limits.allow_unfloored.includes(contract)) return null;
    const message = `${contract} takes ${amount.toFixed()} ${splitAssetId(asset).symbol} and the bytes guarantee nothing in return`;
    return { code: "NO_FLOOR", limit: "allow_unfloored", value: contract, message };
  });

export const recipients: Rule = ({ terms, effects }) =>
  each(effects.payments, ({ to }) => {
    if (terms.limits.allowed_recipients.some((allowed) => lower(allowed) === lower(to))) return null;
    const message = `${shortHex(lower(to))} may not be paid`;
    return { code: "RECIPIENT_NOT_ALLOWED", limit: "allowed_recipients", value: lower(to), message };
  });

export const allowances: Rule = ({ terms, effects }) =>
  each(effects.allowances, (change) => {
    if (!isAbove(change.after, change.before) || mayStand(terms, effects, change)) return null;
    const { asset, spender, after } = change;
    const message = `the request would leave ${shortHex(spender)} an allowance over ${splitAssetId(asset).symbol}; approve the exact amount in the request that uses it`;
    return { code: "ALLOWANCE_LEFT", value: after.toFixed(), allowed: "0", message };
  });

export const deadline: Rule = ({ terms, effects, now }) => {
  if (effects.deadline === null) return HOLDS;
  const seconds = Math.ceil((effects.deadline - now) / SECOND);
  if (seconds <= derivedLimits(terms.limits).deadlineSeconds) return HOLDS;
  const longest = terms.limits.max_deadline_seconds;
  const message = `the bytes stay valid for ${seconds} s, more than ${longest.toFixed()} s`;
  return [
    { code: "DEADLINE_TOO_FAR", limit: "max_deadline_seconds", value: String(seconds), allowed: longest.toFixed(), message },
  ];
};
