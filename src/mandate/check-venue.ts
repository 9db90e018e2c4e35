import type { Finding } from "./finding.ts";
import { CHAIN_LIMITS, EXCHANGE_LIMITS } from "./limits-schema.ts";
import type { WrittenMandate } from "./mandate-schema.ts";
import type { Path } from "./read-yaml.ts";
import { didYouMean } from "./suggest.ts";
import type { Terms } from "./terms.ts";

type Written = Pick<WrittenMandate, "venue" | "limits">;

/** What a mandate's venue asks of its limits and its network: one that trades on an exchange has no chains, and the other way round. */
export function checkVenue({ venue, limits: written }: Written, terms: Terms, root: Path): readonly Finding[] {
  const exchange = venue === "hyperliquid";
  const foreign = (exchange ? CHAIN_LIMITS : EXCHANGE_LIMITS).filter((name) => written[name] !== undefined);
  const needed = exchange
    ? ([["max_margin_at_risk_usd", "what liquidations may take at one time, for example 1000"]] as const)
    : ([["allowed_tokens", "a list of token symbols, for example [WETH, USDC]"]] as const);
  const missing = needed.filter(([name]) => written[name] === undefined);
  return [
    ...foreign.map(
      (name): Finding => ({
        path: ["limits", name],
        part: "key",
        code: "CONFLICT",
        message: `a limit of ${exchange ? "chains" : "exchanges"}, and the venue is ${venue}`,
        remedy: "Remove it: nothing would be held to it.",
      }),
    ),
    ...missing.map(
      ([name, what]): Finding => ({
        path: ["limits", name],
        part: "key",
        code: "MISSING_KEY",
        message: "missing",
        remedy: `add ${name}: ${what}`,
      }),
    ),
    ...(exchange ? exchangeFindings(terms, root) : chainFindings(terms, root)),
  ];
}

function chainFindings({ book }: Terms, root: Path): readonly Finding[] {
  if (Object.keys(book.exchanges).length === 0) return [];
  const message = "an exchange, and the venue is evm";
  return [
    { path: [...root, "exchanges"], part: "key", code: "CONFLICT", message, remedy: "Remove it, or write venue: hyperliquid." },
  ];
}

function exchangeFindings({ book, limits, numeraire, fleet }: Terms, root: Path): readonly Finding[] {
  const found: Finding[] = [];
  const exchanges = Object.values(book.exchanges);
  if (Object.keys(book.chains).length > 0) {
    const message = "chains, and the venue is hyperliquid";
    found.push({
      path: [...root, "chains"],
      part: "key",
      code: "CONFLICT",
      message,
      remedy: "Remove them, or write venue: evm.",
    });
  }
  if (exchanges.length !== 1) {
    const message = `${exchanges.length} exchanges; an account trades at one`;
    const remedy = "Name one: exchanges: { hl: { kind: hyperliquid, api: world, markets } }.";
    found.push({
      path: [...root, "exchanges"],
      part: "key",
      code: exchanges.length === 0 ? "MISSING_KEY" : "CONFLICT",
      message,
      remedy,
    });
  }
  if (numeraire !== "USDC") {
    const message = `${numeraire} is not what the exchange keeps accounts in`;
    found.push({ path: ["numeraire"], part: "value", code: "BAD_VALUE", message, remedy: "Write USDC." });
  }
  if (fleet) {
    const message = "no shared budget is kept for an exchange";
    found.push({ path: ["fleet"], part: "key", code: "CONFLICT", message, remedy: "Remove it." });
  }
  const known = exchanges.flatMap(({ markets }) => Object.keys(markets));
  limits.allowed_markets.forEach((label, i) => {
    const here = { path: ["limits", "allowed_markets", i], part: "value" } as const;
    if (limits.allowed_markets.indexOf(label) < i) {
      found.push({ ...here, code: "DUPLICATE_VALUE", message: `${label} is named twice`, remedy: "Name it once." });
    } else if (!known.includes(label)) {
      const remedy = didYouMean(label, known, `The network's book has ${known.join(", ") || "no markets"}.`);
      found.push({ ...here, code: "UNKNOWN_CONTRACT", message: `${label} is no market of the network`, remedy });
    }
  });
  return found;
}
