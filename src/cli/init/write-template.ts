import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Decimal } from "../../core/decimal.ts";
import { InvariantError, MandateError, messageOf, UsageError } from "../../core/errors.ts";
import { parseMandate } from "../../mandate/parse-mandate.ts";
import { printable } from "../../mandate/render-problem.ts";
import { worstCase } from "../../mandate/worst-case.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { mandateFromConfig } from "./mandate-from-config.ts";
import { mandateTest } from "./mandate-test.ts";
import { type Carried, type NotCarried, readAgentConfig } from "./read-agent-config.ts";
import { TEMPLATES, type TemplateName } from "./templates.ts";

export interface WriteTemplateParameters {
  readonly dir: string;
  readonly template: TemplateName;
  /** The text of another agent's config.toml, for model, cadence and thresholds. */
  readonly config?: { readonly file: string; readonly text: string };
  /** Overwrite what is there. */
  readonly force: boolean;
}

export interface WrittenTemplate {
  readonly id: string;
  /** The mandate and its test, by path. */
  readonly files: readonly [mandate: string, test: string];
  /** What was taken from a config, and what was not. */
  readonly carried?: readonly Carried[];
  readonly not_carried?: readonly NotCarried[];
}

/** A file could not be written, for another reason than that it is there. */
export class InitError extends MandateError {
  constructor(file: string, cause: unknown) {
    super("INIT_FAILED", `${printable(file)} cannot be written: ${printable(messageOf(cause))}`, {
      remedy: "Give a folder that you may write.",
      cause,
    });
  }
}

/**
 * Writes a template and a test for it, both or neither where one is there already.
 *
 * @throws {UsageError} when a file is there and `force` is not asked for.
 * @throws {InitError}
 */
export function writeTemplate({ dir, template, config, force }: WriteTemplateParameters): WrittenTemplate {
  const read = config && readAgentConfig(config.file, config.text, TEMPLATES[template].exchange);
  const text = read ? mandateFromConfig(TEMPLATES[template].text(), read) : TEMPLATES[template].text();
  const { terms } = parseMandate(text, { file: "MANDATE.md", worldWallet: REHEARSAL_WALLET });
  const day = worstCase(terms).per_day.total_usd;
  if (day === "unbounded") throw new InvariantError(`the template ${template} has no worst case`);
  const test = mandateTest(day.toDecimalPlaces(0, Decimal.ROUND_UP).toFixed());
  const contents = [
    [join(dir, "MANDATE.md"), text],
    [join(dir, "mandate.test.mjs"), test],
  ] as const;
  const there = contents.map(([file]) => file).filter((file) => existsSync(file));
  if (there.length > 0 && !force) {
    throw new UsageError(`${printable(there.join(" and "))} ${there.length === 1 ? "is" : "are"} there already`, {
      remedy: "Give another folder, or --force to overwrite.",
      details: { files: there },
    });
  }
  for (const [file, content] of contents) write(dir, file, content);
  const files = [contents[0][0], contents[1][0]] as const;
  return { id: terms.id, files, ...(read ? { carried: read.carried, not_carried: read.left } : {}) };
}

function write(dir: string, file: string, content: string): void {
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, content);
  } catch (error) {
    throw new InitError(file, error);
  }
}
