import { type Checked, issuesToProblems } from "../../mandate/issues-to-problems.ts";
import type { Problem, ShownProblem } from "../../mandate/mandate-file-error.ts";
import { readYaml } from "../../mandate/read-yaml.ts";
import { SourceText } from "../../mandate/source-text.ts";
import { splitFrontmatter } from "../../mandate/split-frontmatter.ts";
import { type Strategy, strategySchema } from "./strategy.ts";

/** A strategy, or everything that is wrong with its file. */
export type ParsedStrategy =
  | { readonly strategy: Strategy; readonly problems: readonly [] }
  | { readonly strategy: null; readonly problems: readonly ShownProblem[] };

/** Reads a strategy file: frontmatter of exactly the known keys, and words below it. Pure. */
export function parseStrategy(file: string, text: string): ParsedStrategy {
  const source = new SourceText(file, text);
  const top = { start: 0, end: 3 };
  const fail = (code: Problem["code"], message: string, remedy: string): ParsedStrategy => ({
    strategy: null,
    problems: [source.show(top, { path: "", code, message, remedy })],
  });
  const cut = splitFrontmatter(text);
  if ("wrong" in cut) {
    const message = cut.wrong === "none" ? "no frontmatter" : "the frontmatter is never closed";
    return fail("NO_FRONTMATTER", message, "Start with a line of three dashes, the keys, and another line of three dashes.");
  }
  const yaml = readYaml(source, cut.yaml);
  if (yaml.problems.some(({ code }) => code === "NOT_YAML")) return { strategy: null, problems: yaml.problems };
  const checked: Checked = { source, yaml, root: [], numeraire: "USDC" };
  const written = strategySchema.safeParse(yaml.tree);
  const body = text.slice(cut.prose.start, cut.prose.end).trim();
  const empty =
    body === "" ? [source.show(top, { path: "", code: "EMPTY_PROSE" as const, message: "no words", remedy: WORDS })] : [];
  const problems = [...yaml.problems, ...issuesToProblems(written.error?.issues ?? [], checked), ...empty];
  if (!written.success || problems.length > 0) return { strategy: null, problems };
  return { strategy: { ...written.data, body }, problems: [] };
}

const WORDS = "Say below the frontmatter what the strategy does, when it enters and when it is over.";
