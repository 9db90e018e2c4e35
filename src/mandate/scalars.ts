import { getAddress } from "viem/utils";
import { z } from "zod";
import { Decimal } from "../core/decimal.ts";
import { type Address, type Hex, isAddress, lower } from "../core/hex.ts";
import type { ProblemCode } from "./mandate-file-error.ts";
import { readDuration } from "./span.ts";

/** What a schema here says about text that it refuses. */
export interface Refusal {
  readonly code: ProblemCode;
  readonly message: string;
  readonly remedy: string;
}

/** Adds a refusal to a zod issue list: `issuesToProblems` reads it back from `params`. */
export function refuse(ctx: z.core.$RefinementCtx, { code, message, remedy }: Refusal, path: readonly PropertyKey[] = []): void {
  ctx.addIssue({ code: "custom", message, params: { code, remedy }, path: [...path] });
}

function isRefusal<T>(value: T | Refusal): value is Refusal {
  return typeof value === "object" && value !== null && "code" in value && "remedy" in value;
}

/** A scalar that `read` makes something of. `expected` names it when something else stands there. */
export function scalar<T>(expected: string, read: (text: string) => T | Refusal) {
  return z.string({ error: expected }).transform((text, ctx): T => {
    const value = read(text);
    if (!isRefusal(value)) return value;
    refuse(ctx, value);
    return z.NEVER;
  });
}

export interface AmountOptions {
  readonly min?: string;
  readonly max?: string;
  /** Without decimal places. */
  readonly whole?: boolean;
}

const PLAIN_AMOUNT = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
const LONGEST_AMOUNT = 80;

/** A decimal as its author wrote it, at least 0; exponents, signs, separators and symbols are refused. */
export function readAmount(text: string, { min = "0", max, whole = false }: AmountOptions = {}): Decimal | Refusal {
  if (/^-\.?\d/.test(text)) return { code: "OUT_OF_RANGE", message: `${text} is negative`, remedy: `Write ${min} or more.` };
  if (!PLAIN_AMOUNT.test(text) || text.length > LONGEST_AMOUNT) {
    return {
      code: "NOT_A_DECIMAL",
      message: `${JSON.stringify(text.slice(0, 40))} is not a plain decimal number`,
      remedy: "Write it in digits, for example 500 or 0.25, without exponent, sign, separators or symbol.",
    };
  }
  const amount = new Decimal(text);
  if (whole && !amount.isInteger()) {
    return { code: "OUT_OF_RANGE", message: `${text} is not a whole number`, remedy: "Write a whole number." };
  }
  if (amount.lt(min) || (max !== undefined && amount.gt(max))) {
    const range = max === undefined ? `${min} or more` : `${min} to ${max}`;
    return { code: "OUT_OF_RANGE", message: `${text} is outside ${range}`, remedy: `Write ${range}.` };
  }
  return amount;
}

export function amount(expected: string, options: AmountOptions = {}) {
  return scalar(expected, (text) => readAmount(text, options));
}

/** An amount, or the word "unlimited". */
export function limit(expected: string, options: AmountOptions = {}) {
  return scalar(`${expected}, or unlimited`, (text) =>
    text === "unlimited" ? ("unlimited" as const) : readAmount(text, options),
  );
}

/** A number for parts that are no money: counts, ids, temperatures. */
export function numeric(expected: string, options: AmountOptions) {
  return scalar(expected, (text) => {
    const read = readAmount(text, options);
    return isRefusal(read) ? read : read.toNumber();
  });
}

export const duration = scalar("a time span such as 60s, 5m, 1h or 1d", readDuration);

/** Addresses up to here are precompiles and the placeholders of routers: nobody's. */
const RESERVED_BELOW = 0x10000n;

/** An address; mixed case must carry a right EIP-55 checksum. Comes out in lower case. */
export function readAddress(text: string): Address | Refusal {
  if (!isAddress(text)) {
    return {
      code: "BAD_ADDRESS",
      message: `${JSON.stringify(text.slice(0, 60))} is not an address`,
      remedy: "Write 0x and 40 hexadecimal digits.",
    };
  }
  const digits = text.slice(2);
  const plain: Hex = lower(text);
  const checked = getAddress(plain);
  if (digits !== digits.toLowerCase() && digits !== digits.toUpperCase() && checked !== text) {
    return {
      code: "BAD_CHECKSUM",
      message: `${text} has a wrong EIP-55 checksum: a character may be mistyped`,
      remedy: `Copy the address again. If every digit is right it is ${checked}.`,
    };
  }
  if (BigInt(plain) < RESERVED_BELOW) {
    return {
      code: "BAD_ADDRESS",
      message: `${text} is a reserved address`,
      remedy: "Write the contract's or account's own address.",
    };
  }
  return plain;
}

export const address = scalar("an address: 0x and 40 hexadecimal digits", readAddress);

function pattern(expected: string, regex: RegExp, code: ProblemCode, remedy: string) {
  return z.string({ error: expected }).superRefine((text, ctx) => {
    // What every object of the language has is nobody's name: records are indexed by names.
    if (!regex.test(text) || text in Object.prototype)
      refuse(ctx, { code, message: `${JSON.stringify(text.slice(0, 60))} is not ${expected}`, remedy });
  });
}

/** A lower-case name with dashes. */
export const kebab = pattern(
  "a name in lower case with dashes",
  /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
  "BAD_LABEL",
  "Write lower-case letters, digits and single dashes, for example weth-usdc-balanced.",
);

/** A token's symbol: no dash and no slash, which join symbols to pools and asset ids. */
export const symbol = pattern(
  "a token symbol",
  /^[A-Za-z0-9][A-Za-z0-9._+]{0,19}$/,
  "BAD_LABEL",
  "Write up to 20 letters, digits, dots or underscores, for example WETH.",
);

export const poolLabel = pattern(
  "a pool label",
  /^[A-Za-z0-9][A-Za-z0-9._+-]{0,59}$/,
  "BAD_LABEL",
  "Write its two tokens, and more after a third dash where there are several: WETH-USDC, WETH-USDC-3000.",
);

export const marketLabel = pattern(
  "a market label",
  /^[A-Za-z0-9][A-Za-z0-9._+-]{0,30}:(?:perp|spot)$/,
  "BAD_LABEL",
  "Write its coin and its kind: BTC:perp, HYPE:spot.",
);

export const line = pattern(
  "one line of text",
  /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,200}$/u,
  "BAD_VALUE",
  "Write one line of at most 200 characters.",
);

/** An http or https URL without a user or password in it. */
export const httpUrl = scalar<string>("an http or https URL", (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const remedy = "Write the whole URL, for example https://mainnet.base.org.";
  if (!url || !["http:", "https:"].includes(url.protocol) || text.length > 500) {
    return { code: "BAD_URL", message: `${JSON.stringify(text.slice(0, 60))} is not an http or https URL`, remedy };
  }
  return url.username === "" && url.password === ""
    ? text
    : { code: "BAD_URL", message: "a URL with a user or password in it", remedy: "Keep credentials out of the mandate." };
});

const KNOWN = "known keys: ";

/** An object with exactly these keys. */
export function strict<T extends z.core.$ZodLooseShape>(expected: string, shape: T) {
  const known = `${KNOWN}${Object.keys(shape).join(" ")}`;
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? known : expected) });
}

/** The keys that `strict` put into an unrecognized-keys issue. */
export function knownKeys(message: string): readonly string[] {
  return message.startsWith(KNOWN) ? message.slice(KNOWN.length).split(" ") : [];
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `one of ${words.join(", ")}` });
}
