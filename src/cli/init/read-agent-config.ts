import { parse, TomlError } from "smol-toml";
import { type Decimal, decimal } from "../../core/decimal.ts";
import { UsageError } from "../../core/errors.ts";
import { type Hex, lower } from "../../core/hex.ts";
import { printable } from "../../mandate/render-problem.ts";

/** A key of a config file that stands in the mandate now. */
export interface Carried {
  readonly from: string;
  /** The mandate's key. */
  readonly to: string;
  readonly value: string;
}

/** A key that does not, and why or what to do instead. */
export interface NotCarried {
  readonly key: string;
  readonly reason: string;
}

/** What a mandate takes from the config file of a trading agent. */
export interface AgentConfig {
  readonly provider: string | null;
  readonly model: string | null;
  readonly temperature: Decimal | null;
  readonly max_tokens: Decimal | null;
  readonly every_seconds: Decimal | null;
  readonly threshold_points: Decimal | null;
  readonly min_trade_usd: Decimal | null;
  readonly slippage_bps: Decimal | null;
  /** The account at the exchange. */
  readonly wallet: string | null;
  readonly carried: readonly Carried[];
  readonly left: readonly NotCarried[];
}

/** Names under which something is kept that nobody else may see. */
const SECRET_NAME = /secret|private|api_?key|mnemonic|seed_?phrase|password|passphrase/i;
const SECRET_VALUE = /^(0x)?[0-9a-fA-F]{64}$|^sk-/;

const REASONS: Readonly<Record<string, string>> = {
  "hyperliquid.account_address": "write it as the wallet of the live network",
  "hyperliquid.base_url": "which network is used is the mandate's network",
  "agent.max_retries": "the agent waits and tries again by itself; nothing is sent twice",
  "agent.retry_backoff_base": "the agent waits longer each time by itself",
  "agent.log_level": "use --log-level",
  "agent.prompt_template_path": "write prompt: { template: ./FILE } with {{variables}} in it; see docs/deciding.md",
};

/**
 * Reads the TOML file of the Python agent: model, cadence and thresholds are taken, everything else is listed. A secret is
 * never taken and never shown.
 *
 * @param exchange - whether the mandate trades where that agent did: then its account is taken too.
 * @throws {UsageError} when it is no TOML, or a value that is taken is none.
 */
export function readAgentConfig(file: string, text: string, exchange = false): AgentConfig {
  const carried: Carried[] = [];
  const left: NotCarried[] = [];
  const taken: Record<string, string> = {};
  for (const [key, value] of leaves(parsed(file, text))) {
    const shown = typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value) : "";
    const rule = ruleOf(key, exchange);
    if (isSecret(key, shown)) left.push({ key, reason: secretReason(key) });
    else if (rule === undefined || shown === "") left.push({ key, reason: REASONS[key] ?? "a mandate has nothing of this name" });
    else {
      const written = rule.write(shown, file, key);
      taken[rule.to] = written;
      carried.push({ from: key, to: rule.path, value: written });
    }
  }
  const number = (name: string) => (taken[name] === undefined ? null : decimal(taken[name]));
  return {
    provider: taken.provider ?? null,
    model: taken.model ?? null,
    temperature: number("temperature"),
    max_tokens: number("max_tokens"),
    every_seconds: number("every_seconds"),
    threshold_points: number("threshold_points"),
    min_trade_usd: number("min_trade_usd"),
    slippage_bps: number("slippage_bps"),
    wallet: taken.wallet ?? null,
    carried,
    left,
  };
}

interface Rule {
  readonly to: string;
  /** Where it stands in a mandate. */
  readonly path: string;
  write(text: string, file: string, key: string): string;
}

const RULES: Readonly<Record<string, Rule>> = {
  "llm.provider": { to: "provider", path: "model.provider", write: word },
  "llm.model": { to: "model", path: "model.id", write: word },
  "llm.temperature": { to: "temperature", path: "model.temperature", write: (text, file, key) => scaled(text, file, key, 1, 2) },
  "llm.max_tokens": { to: "max_tokens", path: "model.max_tokens", write: whole },
  "agent.tick_interval_seconds": { to: "every_seconds", path: "every", write: whole },
};

/** These stand in different sections of different versions. */
const BY_NAME: Readonly<Record<string, Rule>> = {
  rebalance_threshold: {
    to: "threshold_points",
    path: "plan.threshold_points",
    write: (text, file, key) => scaled(text, file, key, 100, 200),
  },
  min_trade_value: {
    to: "min_trade_usd",
    path: "plan.min_trade_usd",
    write: (text, file, key) => scaled(text, file, key, 1, 1_000_000),
  },
  max_slippage_pct: {
    to: "slippage_bps",
    path: "plan.slippage_bps",
    write: (text, file, key) => scaled(text, file, key, 10_000, 10_000),
  },
};

const ACCOUNT: Rule = { to: "wallet", path: "networks.testnet.wallet and networks.mainnet.wallet", write: address };

function ruleOf(key: string, exchange: boolean): Rule | undefined {
  const name = key.slice(key.lastIndexOf(".") + 1);
  if (key === "hyperliquid.account_address") return exchange ? ACCOUNT : undefined;
  if (Object.hasOwn(RULES, key)) return RULES[key];
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

function isSecret(key: string, value: string): boolean {
  return SECRET_NAME.test(key) || SECRET_VALUE.test(value.trim());
}

function secretReason(key: string): string {
  return /api_?key/i.test(key) && !key.startsWith("hyperliquid")
    ? "a secret: it stays out of the mandate; export it as the provider's variable, for example OPENAI_API_KEY"
    : "a secret: it was not copied; import a key of its own for the gateway with mandate keys import NAME";
}

function word(text: string, file: string, key: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$/.test(text)) return text;
  throw notTaken(file, key, "is no name");
}

function address(text: string, file: string, key: string): string {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return lower(text as Hex);
  throw notTaken(file, key, "is no address");
}

function whole(text: string, file: string, key: string): string {
  const value = amount(text, file, key);
  if (value.isInteger() && value.gt(0) && value.lte(1_000_000)) return value.toFixed();
  throw notTaken(file, key, "is no whole number from 1 to 1000000");
}

function scaled(text: string, file: string, key: string, factor: number, most: number): string {
  const value = amount(text, file, key).times(factor);
  if (value.gte(0) && value.lte(most)) return value.toFixed();
  throw notTaken(file, key, `comes to ${value.toFixed()}, more than ${most}`);
}

function amount(text: string, file: string, key: string): Decimal {
  if (/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return decimal(text);
  throw notTaken(file, key, "is no plain number");
}

function notTaken(file: string, key: string, what: string): UsageError {
  return new UsageError(`${printable(file)}: ${printable(key)} ${what}`, { remedy: "Correct it, or take the line out." });
}

function parsed(file: string, text: string): object {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The library's message shows lines of the file, and a secret may stand there.
    throw new UsageError(`${printable(file)}:${error.line} is no TOML`, { remedy: "Give the agent's config.toml." });
  }
}

function leaves(value: unknown, path = ""): readonly (readonly [key: string, value: unknown])[] {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
  if (!isTable) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}
