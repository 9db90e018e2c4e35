import { SECOND } from "../../core/clock.ts";
import { lower, shortHex } from "../../core/hex.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import { signatureTypeOf } from "../../protocols/signatures/signature-types.ts";
import { mayStand } from "../standing.ts";
import type { Rule } from "./rule.ts";

export const unknowns: Rule = ({ effects }) => effects.unknown.map(({ code, what }) => ({ code, message: what }));

export const tokens: Rule = ({ terms, effects, atWorst }) =>
  effects.deltas.flatMap(({ asset, least, most }) => {
    const { symbol } = splitAssetId(asset);
    const untouched = least.isZero() && most !== "unbounded" && most.isZero();
    // Native coin that is not allowed is gas: it is no position that could be left over to sell.
    const isGas = terms.book.chains[splitAssetId(asset).chain]?.native.symbol === symbol;
    const exitOnly = atWorst.class !== "spend" && !isGas && most !== "unbounded" && !most.isPositive();
    if (untouched || exitOnly || terms.limits.allowed_tokens.includes(symbol)) return [];
    return [
      {
        code: "TOKEN_NOT_ALLOWED" as const,
        limit: "allowed_tokens",
        value: symbol,
        message: `${symbol} is not among allowed_tokens`,
      },
    ];
  });

export const contracts: Rule = ({ terms, effects }) =>
  effects.calls.flatMap(({ contract, kind, function: name }) => {
    if (contract === null || isToken(kind) || terms.limits.allowed_contracts.includes(contract)) return [];
    const message = `${contract}.${name} is not among allowed_contracts`;
    return [{ code: "CONTRACT_NOT_ALLOWED" as const, limit: "allowed_contracts", value: contract, message }];
  });

/** Tokens apart: those are held to allowed_tokens. */
export const protocolKinds: Rule = ({ terms, effects }) => {
  const { allowed_protocols: allowed } = terms.limits;
  if (allowed === "all") return [];
  return effects.calls.flatMap(({ kind, function: name }) => {
    if (kind === null || kind === "erc20" || kind === "weth9" || allowed.includes(kind)) return [];
    // A vault's shares are a token as well.
    if (kind === "erc4626" && (name === "approve" || name === "transfer")) return [];
    const message = `contracts of kind ${kind} are not among allowed_protocols`;
    return [{ code: "PROTOCOL_NOT_ALLOWED" as const, limit: "allowed_protocols", value: kind, message }];
  });
};

/** Calls of a token are held to allowed_tokens instead. */
function isToken(kind: string | null): boolean {
  return kind === "erc20" || kind === "weth9" || kind === "erc4626";
}

/** Messages are judged as what they enable, and are signed only where their type is listed. */
export const signatures: Rule = ({ terms, effects }) =>
  effects.calls.flatMap(({ signs, function: name }) => {
    if (signs === undefined || terms.limits.allowed_signatures.some((listed) => signatureTypeOf(listed)?.hash === signs))
      return [];
    const message = `${name} (${shortHex(signs)}) is not among allowed_signatures`;
    return [{ code: "SIGNING_NOT_ALLOWED" as const, limit: "allowed_signatures", value: name, message }];
  });

export const unfloored: Rule = ({ terms, effects }) =>
  effects.unfloored
    .filter(({ contract }) => !terms.limits.allow_unfloored.includes(contract))
    .map(({ contract, asset, amount }) => ({
      code: "NO_FLOOR" as const,
      limit: "allow_unfloored",
      value: contract,
      message: `${contract} takes ${amount.toFixed()} ${splitAssetId(asset).symbol} and the bytes guarantee nothing in return`,
    }));

export const recipients: Rule = ({ terms, effects }) =>
  effects.payments
    .filter(({ to }) => !terms.limits.allowed_recipients.some((allowed) => lower(allowed) === lower(to)))
    .map(({ to }) => ({
      code: "RECIPIENT_NOT_ALLOWED" as const,
      limit: "allowed_recipients",
      value: lower(to),
      message: `${shortHex(lower(to))} may not be paid`,
    }));

export const allowances: Rule = ({ terms, effects }) =>
  effects.allowances
    .filter((change) => change.after.gt(change.before) && !mayStand(terms, effects, change))
    .map(({ asset, spender, after }) => ({
      code: "ALLOWANCE_LEFT" as const,
      value: after.toFixed(),
      allowed: "0",
      message: `the request would leave ${shortHex(spender)} an allowance over ${splitAssetId(asset).symbol}; approve the exact amount in the request that uses it`,
    }));

export const deadline: Rule = ({ terms, effects, now }) => {
  if (effects.deadline === null) return [];
  const seconds = Math.ceil((effects.deadline - now) / SECOND);
  const longest = terms.limits.max_deadline_seconds;
  if (longest.gte(seconds)) return [];
  const message = `the bytes stay valid for ${seconds} s, more than ${longest.toFixed()} s`;
  return [
    { code: "DEADLINE_TOO_FAR", limit: "max_deadline_seconds", value: String(seconds), allowed: longest.toFixed(), message },
  ];
};
