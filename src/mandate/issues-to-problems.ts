import type { z } from "zod";
import { LIMIT_NAMES } from "./limits-schema.ts";
import type { ProblemCode, ShownProblem } from "./mandate-file-error.ts";
import type { Path, ReadYaml, Tree } from "./read-yaml.ts";
import { knownKeys } from "./scalars.ts";
import type { SourceText } from "./source-text.ts";
import { didYouMean, GUESS } from "./suggest.ts";

/** Where a piece of YAML was read from, and the path of what was checked within the whole. */
export interface Checked {
  readonly source: SourceText;
  readonly yaml: ReadYaml;
  readonly root: Path;
  /** For remedies that need an example in the mandate's own cash. */
  readonly numeraire: string;
}

/** What zod found, as problems with places and remedies. */
export function issuesToProblems(issues: readonly z.core.$ZodIssue[], checked: Checked): readonly ShownProblem[] {
  const problems = issues.flatMap((issue) => issueToProblems(issue, checked));
  const guesses = problems.filter(({ remedy }) => remedy.startsWith(GUESS));
  return problems.filter(({ code, path }) => code !== "MISSING_KEY" || !guesses.some((guess) => means(guess, path)));
}

/** Whether a key was most likely meant to be the one at `path`, so that calling that one missing says nothing new. */
function means(guess: ShownProblem, path: string): boolean {
  const parent = (of: string) => of.slice(0, of.lastIndexOf(".") + 1);
  const key = path.slice(parent(path).length);
  return parent(guess.path) === parent(path) && guess.remedy.split(/[^A-Za-z0-9_-]+/).includes(key);
}

function issueToProblems(issue: z.core.$ZodIssue, { source, yaml, root, numeraire }: Checked): readonly ShownProblem[] {
  const path: Path = [...root, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))];
  const name = path.join(".");
  const label = name === "" ? "frontmatter" : name;
  const show = (part: "key" | "value", code: ProblemCode, message: string, remedy: string, at: Path = path) =>
    source.show(yaml[part](at), { path: at.join("."), code, message, remedy });
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(issue.message);
      return issue.keys.map((key) => {
        const what = root.length === 0 && name === "limits" ? "unknown limit" : "unknown key";
        const remedy = LIMIT_NAMES.some((limit) => limit === key)
          ? "it is a limit: move it under limits"
          : didYouMean(key, known, `known here: ${known.join(", ")}`);
        return show("key", "UNKNOWN_KEY", `${[...path, key].join(".")}: ${what}`, remedy, [...path, key]);
      });
    }
    case "invalid_key": {
      const inner = issue.issues[0];
      return [show("key", codeOf(inner) ?? "BAD_LABEL", `${label}: ${inner?.message ?? issue.message}`, remedyOf(inner) ?? "")];
    }
    case "invalid_type":
    case "invalid_value":
    case "invalid_union": {
      const found = yaml.at(path);
      const nested = issue.code === "invalid_union" && typeof found === "string" ? issue.errors.flat().find(codeOf) : undefined;
      if (nested) return issueToProblems({ ...nested, path: issue.path } as z.core.$ZodIssue, { source, yaml, root, numeraire });
      if (found === undefined) {
        return [show("key", "MISSING_KEY", `${label}: missing`, `add ${path.at(-1)}: ${issue.message}`)];
      }
      if (found === null) return [show("key", "NO_VALUE", `${label}: has no value`, `write ${issue.message}`)];
      return [unitless(path, found, numeraire, show) ?? typed(issue, label, found, show)];
    }
    case "custom": {
      const code = codeOf(issue) ?? "BAD_VALUE";
      const part = code === "MISSING_KEY" ? "key" : "value";
      return [show(part, code, `${label}: ${issue.message}`, remedyOf(issue) ?? "")];
    }
    default:
      return [show("value", "BAD_VALUE", `${label}: ${issue.message}`, "See docs/mandate-file.md.")];
  }
}

type Show = (part: "key" | "value", code: ProblemCode, message: string, remedy: string) => ShownProblem;

/** A number where amounts by token stand, and the other way round: the unit is what is missing. */
function unitless(path: Path, found: Tree, numeraire: string, show: Show): ShownProblem | undefined {
  const key = String(path.at(-1));
  if (path.length !== 2 || path[0] !== "limits" || !LIMIT_NAMES.some((name) => name === `${key}_usd`)) return undefined;
  const amount = typeof found === "string" ? found : "…";
  const remedy = `${GUESS} ${key}_usd (in USD), or ${key}: { ${numeraire}: ${amount} } (in units)?`;
  return show("key", "NO_UNIT", `${key}: no unit`, remedy);
}

function typed(issue: z.core.$ZodIssue, label: string, found: Tree, show: Show): ShownProblem {
  if (issue.code === "invalid_value" && typeof found === "string") {
    const words = issue.values.map(String);
    const remedy = didYouMean(found, words, `write ${issue.message}`);
    return show("value", "BAD_VALUE", `${label}: ${JSON.stringify(found.slice(0, 60))} is not ${issue.message}`, remedy);
  }
  const kind = typeof found === "string" ? JSON.stringify(found.slice(0, 60)) : Array.isArray(found) ? "a list" : "a map";
  const bareAddress = typeof found === "string" && /^0x[0-9a-fA-F]{40}$/.test(found);
  const remedy = bareAddress
    ? `write { address: ${found}, decimals: 18 }, with the token's own decimals`
    : `write ${issue.message}`;
  return show("value", "WRONG_TYPE", `${label}: ${kind} where something else belongs`, remedy);
}

function codeOf(issue: z.core.$ZodIssue | undefined): ProblemCode | undefined {
  return issue?.code === "custom" ? (issue.params?.code as ProblemCode | undefined) : undefined;
}

function remedyOf(issue: z.core.$ZodIssue | undefined): string | undefined {
  return issue?.code === "custom" ? (issue.params?.remedy as string | undefined) : undefined;
}
