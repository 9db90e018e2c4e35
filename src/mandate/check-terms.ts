import { signatureTypeOf } from "../protocols/signatures/signature-types.ts";
import type { ChainBook } from "./book.ts";
import { checkApprovals } from "./check-approvals.ts";
import { checkCalls } from "./check-calls.ts";
import type { Finding } from "./finding.ts";
import { FINITE_LIMITS } from "./limits-schema.ts";
import { pricedAs } from "./priced-as.ts";
import { CALLABLE_KINDS, callableContracts, isCallable } from "./resolve-book.ts";
import { didYouMean } from "./suggest.ts";
import type { Terms } from "./terms.ts";

/** What `allowed_protocols` can name: a vault is a token that is called like a contract. */
const CALLED_KINDS: readonly string[] = [...CALLABLE_KINDS, "erc4626"];

/** What a mandate's limits and cash say that its network's book does not bear out. */
export function checkTerms(terms: Terms, rehearsal: boolean): readonly Finding[] {
  const chains = Object.values(terms.book.chains);
  return [
    ...(terms.venue === "evm" ? checkTokens(terms, chains) : []),
    ...checkContracts(terms, chains),
    ...checkUnfloored(terms, chains),
    ...checkProtocols(terms),
    ...checkCalls(terms, chains),
    ...checkApprovals(terms, chains),
    ...checkFleet(terms, rehearsal),
    ...checkSignatures(terms, chains),
    ...checkRecipients(terms, chains),
    ...checkUnitLimits(terms),
    ...checkExits(terms),
    ...(rehearsal ? [] : checkFinite(terms)),
  ];
}

function checkTokens({ limits, numeraire }: Terms, chains: readonly ChainBook[]): readonly Finding[] {
  const found: Finding[] = [];
  const symbols = [...new Set(chains.flatMap((chain) => [...Object.keys(chain.assets), chain.native.symbol]))];
  const priced = (symbol: string) =>
    chains.every((chain) => !chain.assets[symbol] || chain.feeds[pricedAs(chain, symbol)] !== undefined);
  const coins = chains.map((chain) => chain.native.symbol);
  const at = ["limits", "allowed_tokens"];
  if (limits.allowed_tokens.length === 0) {
    found.push({
      path: at,
      part: "value",
      code: "NO_VALUE",
      message: "no token is allowed",
      remedy: "Name the tokens: [WETH, USDC].",
    });
  }
  limits.allowed_tokens.forEach((token, i) => {
    const here = { path: [...at, i], part: "value" } as const;
    if (limits.allowed_tokens.indexOf(token) < i) {
      found.push({ ...here, code: "DUPLICATE_VALUE", message: `${token} is named twice`, remedy: "Name it once." });
    } else if (!symbols.includes(token)) {
      const remedy = didYouMean(token, symbols, `The network's book has ${symbols.join(", ") || "no assets"}.`);
      found.push({ ...here, code: "UNKNOWN_TOKEN", message: `${token} is no asset of the network`, remedy });
    } else if (!priced(token) && token !== numeraire && unitLimitsMissing(limits, token).length > 0) {
      const missing = unitLimitsMissing(limits, token);
      const remedy = `Add a feed for ${token}, or limit it in its own units: ${missing.map((name) => `${name}: { ${token}: 5 }`).join(", ")}.`;
      found.push({ ...here, code: "NO_FEED", message: `${token} has no feed, so limits in USD cannot hold it`, remedy });
    }
  });
  const cash = { path: ["numeraire"], part: "value" } as const;
  if (coins.includes(numeraire)) {
    const remedy = "Name a token: the native coin pays for gas and cannot be held to a limit as cash.";
    found.push({ ...cash, code: "BAD_VALUE", message: `${numeraire} is the native coin`, remedy });
  } else if (chains.some((chain) => chain.assets[numeraire]?.kind === "erc4626")) {
    found.push({
      ...cash,
      code: "BAD_VALUE",
      message: `${numeraire} is shares of a vault`,
      remedy: "Name a token that is cash by itself.",
    });
  } else if (!limits.allowed_tokens.includes(numeraire)) {
    const remedy = didYouMean(numeraire, limits.allowed_tokens, `Add ${numeraire} to allowed_tokens, or name one of them.`);
    found.push({ ...cash, code: "UNKNOWN_TOKEN", message: `${numeraire} is not in limits.allowed_tokens`, remedy });
  } else if (symbols.includes(numeraire) && !priced(numeraire)) {
    found.push({
      ...cash,
      code: "NO_FEED",
      message: `${numeraire} has no feed`,
      remedy: `Add a peg for ${numeraire}.`,
    });
  } else if (chains.some(({ feeds }) => feeds[numeraire] !== undefined && feeds[numeraire].kind !== "peg")) {
    found.push({
      ...cash,
      code: "NO_PEG",
      message: `${numeraire} is not pegged; cash is what loss is measured in and what exits end in`,
      remedy: "Name a dollar token, and give its feed a peg and a band_bps.",
    });
  }
  return found;
}

const UNIT_LIMITS = ["max_single_trade", "max_daily_spend", "max_position_size"] as const;

function unitLimitsMissing(limits: Terms["limits"], token: string): readonly string[] {
  return UNIT_LIMITS.filter((name) => limits[name][token] === undefined);
}

function checkUnitLimits({ limits }: Terms): readonly Finding[] {
  return UNIT_LIMITS.flatMap((name) =>
    Object.keys(limits[name])
      .filter((token) => !limits.allowed_tokens.includes(token))
      .map((token) => ({
        path: ["limits", name, token],
        part: "key" as const,
        code: "UNKNOWN_TOKEN" as const,
        message: `${token} is not in limits.allowed_tokens`,
        remedy: didYouMean(token, limits.allowed_tokens, "Allow it, or remove its limit."),
      })),
  );
}

function checkContracts({ limits }: Terms, chains: readonly ChainBook[]): readonly Finding[] {
  const labels = [...new Set(chains.flatMap(callableContracts))];
  return limits.allowed_contracts.flatMap((label, i): readonly Finding[] => {
    const here = { path: ["limits", "allowed_contracts", i], part: "value" } as const;
    if (limits.allowed_contracts.indexOf(label) < i) {
      return [{ ...here, code: "DUPLICATE_VALUE", message: `${label} is named twice`, remedy: "Name it once." }];
    }
    if (chains.some((chain) => isCallable(chain, label))) return [];
    const exists = chains.some((chain) => Object.hasOwn(chain.contracts, label));
    const message = exists ? `${label} is only read, never called` : `${label} is no contract of the network`;
    const remedy = didYouMean(label, labels, `Contracts that can be called: ${labels.join(", ") || "none"}.`);
    return [{ ...here, code: "UNKNOWN_CONTRACT", message, remedy }];
  });
}

function checkUnfloored({ limits }: Terms, chains: readonly ChainBook[]): readonly Finding[] {
  const vaults = chains.flatMap(({ assets }) => Object.keys(assets).filter((label) => assets[label]?.kind === "erc4626"));
  return limits.allow_unfloored.flatMap((label, i): readonly Finding[] => {
    const here = { path: ["limits", "allow_unfloored", i], part: "value" } as const;
    if (limits.allow_unfloored.indexOf(label) < i) {
      return [{ ...here, code: "DUPLICATE_VALUE", message: `${label} is named twice`, remedy: "Name it once." }];
    }
    if (vaults.includes(label)) return [];
    const remedy = didYouMean(label, vaults, `Vaults of the network: ${vaults.join(", ") || "none"}.`);
    return [{ ...here, code: "UNKNOWN_CONTRACT", message: `${label} is no vault of the network`, remedy }];
  });
}

function checkProtocols({ limits: { allowed_protocols: kinds } }: Terms): readonly Finding[] {
  if (kinds === "all") return [];
  return kinds.flatMap((kind, i): readonly Finding[] => {
    const here = { path: ["limits", "allowed_protocols", i], part: "value" } as const;
    if (kinds.indexOf(kind) < i) {
      return [{ ...here, code: "DUPLICATE_VALUE", message: `${kind} is named twice`, remedy: "Name it once." }];
    }
    if (CALLED_KINDS.includes(kind)) return [];
    const remedy = didYouMean(kind, CALLED_KINDS, `Kinds that can be called: ${CALLED_KINDS.join(", ")}.`);
    return [{ ...here, code: "BAD_VALUE", message: `${kind} is no kind of contract that can be called`, remedy }];
  });
}

/** A message that pays needs somebody who may be paid, and Permit2 has to be in the book. */
function checkSignatures({ limits }: Terms, chains: readonly ChainBook[]): readonly Finding[] {
  const { allowed_signatures: listed, allowed_recipients: recipients } = limits;
  return listed.flatMap((name, i): readonly Finding[] => {
    const here = { path: ["limits", "allowed_signatures", i], part: "value" } as const;
    if (listed.indexOf(name) < i) {
      return [{ ...here, code: "DUPLICATE_VALUE", message: `${name} is named twice`, remedy: "Name it once." }];
    }
    if (name !== "Permit" && recipients.length === 0) {
      const remedy = "Name in allowed_recipients whom it may pay, or remove it.";
      return [{ ...here, code: "CONFLICT", message: `${name} pays somebody, and nobody may be paid`, remedy }];
    }
    const permit2 = chains.some(({ contracts }) => Object.values(contracts).some(({ kind }) => kind === "permit2"));
    if (signatureTypeOf(name)?.standard !== "permit2" || permit2) return [];
    const remedy = "Add it to the network's contracts: { permit2: { kind: permit2, address: 0x… } }.";
    return [{ ...here, code: "UNKNOWN_CONTRACT", message: `${name} is Permit2's, which no chain of the network has`, remedy }];
  });
}

function checkFleet({ fleet, network }: Terms, rehearsal: boolean): readonly Finding[] {
  if (!fleet || rehearsal) return [];
  return (["max_daily_spend_usd", "max_daily_loss_usd"] as const)
    .filter((name) => fleet[name] === "unlimited")
    .map((name) => ({
      path: ["fleet", name],
      part: "value" as const,
      code: "MUST_BE_FINITE" as const,
      message: `unlimited on ${network}, where a real key signs`,
      remedy: "Write a number, or leave fleet out.",
    }));
}

function checkRecipients({ limits, accounts }: Terms, chains: readonly ChainBook[]): readonly Finding[] {
  const taken = new Map<string, string>();
  for (const chain of chains) {
    for (const section of [chain.assets, chain.contracts, chain.pools, chain.feeds]) {
      for (const [label, { address }] of Object.entries(section)) taken.set(address, label);
    }
  }
  for (const [label, address] of Object.entries(accounts)) taken.set(address, label);
  return limits.allowed_recipients.flatMap((recipient, i): readonly Finding[] => {
    const here = { path: ["limits", "allowed_recipients", i], part: "value" } as const;
    if (limits.allowed_recipients.indexOf(recipient) < i) {
      return [{ ...here, code: "DUPLICATE_VALUE", message: `${recipient} is named twice`, remedy: "Name it once." }];
    }
    const owner = taken.get(recipient);
    const message = `${recipient} is ${owner}: what is paid to it is nobody's, or your own already`;
    return owner === undefined ? [] : [{ ...here, code: "CONFLICT", message, remedy: "Remove it." }];
  });
}

function checkExits({ limits: { max_exit_cost_bps: exit, max_slippage_bps: slippage } }: Terms): readonly Finding[] {
  if (exit === "unlimited" || (slippage !== "unlimited" && exit.gte(slippage))) return [];
  const text = slippage === "unlimited" ? slippage : slippage.toFixed();
  return [
    {
      path: ["limits", "max_exit_cost_bps"],
      part: "value",
      code: "OUT_OF_RANGE",
      message: `${exit.toFixed()} is below max_slippage_bps (${text})`,
      remedy: `Getting out may never be held tighter than getting in: write ${text} or more.`,
    },
  ];
}

function checkFinite({ limits, network }: Terms): readonly Finding[] {
  return FINITE_LIMITS.filter((name) => limits[name] === "unlimited").map((name) => ({
    path: ["limits", name],
    part: "value" as const,
    code: "MUST_BE_FINITE" as const,
    message: `unlimited on ${network}, where a real key signs`,
    remedy: "Write a number: it is a term of the worst case. Only a rehearsal may leave it open.",
  }));
}
