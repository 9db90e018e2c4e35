import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { ShownProblem } from "../../mandate/mandate-file-error.ts";
import { SHIPPED_PROMPTS } from "../../mandate/mandate-schema.ts";
import { SourceText } from "../../mandate/source-text.ts";
import { didYouMean } from "../../mandate/suggest.ts";
import type { PromptTerms } from "../../mandate/terms.ts";
import { beside } from "../beside.ts";
import { FileProblemsError } from "../file-problems.ts";
import { readTextFile } from "../read-text-file.ts";
import { fill, readTemplate, type Segment } from "./template.ts";
import { ITEM_PARTIALS, PROMPT_VARIABLES, type PromptVariable } from "./variables.ts";

/** Where the prompt templates stand that come with the package. */
export const SHIPPED_PROMPTS_FOLDER: string = join(import.meta.dirname, "..", "..", "..", "prompts");

export type PromptTexts = Readonly<Record<PromptVariable, string>>;

/** A template with its partials and the user's own variables, read and checked. */
export interface PromptKit {
  /** What stays the same for a mandate: the part that providers cache. */
  stable(texts: Partial<PromptTexts>): string;
  /** What is of the moment. */
  now(texts: PromptTexts): string;
  /** One item written by a partial: a position, a strategy. */
  item(partial: string, values: Readonly<Record<string, string>>): string;
}

const NOTHING: PromptTerms = { template: "default", variables: {}, partials: {} };

/**
 * Reads a prompt's template and partials.
 *
 * @param folder - where paths start: the mandate's folder.
 * @throws {FileProblemsError} with every variable and partial that there is not, each with its line.
 * @throws {UsageError} when a file cannot be read.
 */
export function openPromptKit(terms: PromptTerms = NOTHING, folder?: string): PromptKit {
  const own = Object.keys(terms.variables);
  const clash = own.find((name) => Object.hasOwn(PROMPT_VARIABLES, name));
  if (clash !== undefined) {
    throw new UsageError(`prompt.variables: ${clash} is a variable already`, { remedy: "Give it a name of its own." });
  }
  const problems: ShownProblem[] = [];
  const partialNames = [...new Set([...Object.keys(ITEM_PARTIALS), ...Object.keys(terms.partials)])];
  const included = partialNames.filter((name) => !Object.hasOwn(ITEM_PARTIALS, name));
  const stable = [...namesOf("stable"), ...own];
  const now = namesOf("now");

  const read = (name: string): { readonly file: string; readonly text: string } => {
    const given = Object.hasOwn(terms.partials, name) ? terms.partials[name] : undefined;
    const file = given === undefined ? join(SHIPPED_PROMPTS_FOLDER, "partials", `${name}.md`) : beside(given, folder);
    return { file, text: readTextFile(file, "a partial's file").trimEnd() };
  };
  const items = new Map<string, readonly Segment[]>();
  for (const [name, variables] of Object.entries(ITEM_PARTIALS)) {
    const { file, text } = read(name);
    const template = readTemplate(file, text, { stable: [...variables, ...own], now: [], partials: [] });
    problems.push(...template.problems);
    items.set(name, template.stable);
  }

  const main = templateFile(terms.template, folder);
  const text = readTextFile(main, "a prompt template");
  const template = readTemplate(main, text, { stable, now, partials: included });
  problems.push(...template.problems);
  if (template.now === null) {
    const message = "no line <!-- now -->";
    const remedy = "Put the line <!-- now --> between what stays the same and what is of the moment.";
    problems.push(new SourceText(main, text).show({ start: 0, end: 1 }, { path: "", code: "NO_VALUE", message, remedy }));
  }
  // A partial above the line may use what stays the same, one below it everything.
  const inStable = partialsOf(template.stable);
  const bodies = new Map<string, readonly Segment[]>();
  for (const name of included) {
    const { file, text: body } = read(name);
    const partial = readTemplate(file, body, {
      stable: inStable.has(name) ? stable : [...stable, ...now],
      now: [],
      partials: [],
    });
    problems.push(...partial.problems);
    bodies.set(name, partial.stable);
  }
  if (problems.length > 0) throw new FileProblemsError("PROMPT_FILE", problems);

  const write = (segments: readonly Segment[], texts: Readonly<Record<string, string | undefined>>): string => {
    const variable = (name: string) => texts[name] ?? terms.variables[name] ?? "";
    return fill(segments, variable, (name) => fill(bodies.get(name) ?? [], variable, () => ""));
  };
  const moment = template.now ?? [];
  return {
    stable: (texts) => write(template.stable, texts),
    now: (texts) => write(moment, texts),
    item: (partial, values) => write(items.get(partial) ?? [], values),
  };
}

function namesOf(when: "stable" | "now"): readonly string[] {
  return Object.entries(PROMPT_VARIABLES).flatMap(([name, variable]) => (variable.when === when ? [name] : []));
}

function partialsOf(segments: readonly Segment[]): ReadonlySet<string> {
  return new Set(segments.flatMap((segment) => (segment.kind === "partial" ? [segment.name] : [])));
}

const SHIPPED: readonly string[] = SHIPPED_PROMPTS;

function templateFile(template: string, folder: string | undefined): string {
  if (template.startsWith(".")) return beside(template, folder);
  if (SHIPPED.includes(template)) return join(SHIPPED_PROMPTS_FOLDER, `${template}.md`);
  throw new UsageError(`prompt.template: there is no template ${template}`, {
    remedy: didYouMean(template, SHIPPED, `Write ${SHIPPED.join(", ")}, or a path that starts with ./.`),
  });
}
