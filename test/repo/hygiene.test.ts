import { expect, test } from "vitest";
import { codeOf, isForTests, readSources, type SourceFile } from "./source-text.ts";

const sources = readSources("src");
const everywhere = [...sources, ...["test", "bench", "examples"].flatMap((folder) => readSources(folder))];

/** "path:line" of every match, in the code or, with `raw`, in comments and texts too. */
function places(files: readonly SourceFile[], pattern: RegExp, { raw = false } = {}): readonly string[] {
  return files.flatMap(({ path, text }) =>
    (raw ? text : codeOf(text, { strings: false }))
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}`] : [])),
  );
}

/** Patterns in pieces, so that this file is not among what they find. */
const word = (...parts: readonly string[]) => new RegExp(`\\b(${parts.join("")})\\b`);

test("nothing is typed any", () => {
  expect(places(everywhere, /(:|<|\bas|\||,|=>)\s*any\b/)).toEqual([]);
});

test("no check is switched off", () => {
  expect(places(everywhere, word("@ts-ig", "nore|@ts-no", "check|biome-ig", "nore|eslint-dis", "able"), { raw: true })).toEqual(
    [],
  );
  expect(places(everywhere, /\b(test|describe|it)\.(skip|only|todo|fails)\b/)).toEqual([]);
});

test("nothing is exported by default", () => {
  expect(places(sources, /\bexport\s+default\b/)).toEqual([]);
});

test("nothing is left for later", () => {
  expect(places(everywhere, word("TO", "DO|FIX", "ME|XX", "X|HA", "CK"), { raw: true })).toEqual([]);
});

test("every error that ships is a typed one", () => {
  const shipped = sources.filter(({ path }) => !isForTests(path));
  expect(places(shipped, /\bthrow new (Error|TypeError|RangeError|SyntaxError|AggregateError)\b/)).toEqual([]);
});

test("no text names a machine's folders", () => {
  expect(places(everywhere, /["'`](\/(home|root|work|Users|var|tmp)\/|[A-Z]:\\\\)/, { raw: true })).toEqual([]);
});

/** Edges that talk to a process, a socket or a person, whose watchdogs and names are the machine's. */
const MACHINE_TIME = /^src\/(cli|console)\/|^src\/core\/clock\.ts$|^src\/llm\/watched-fetch\.ts$|^src\/worlds\/anvil\//;

test("time and chance come from where they are injected", () => {
  const injected = sources.filter(({ path }) => !isForTests(path) && !MACHINE_TIME.test(path));
  expect(places(injected, /\b(Date\.now|Math\.random|performance\.now|crypto\.randomUUID)\s*\(|\bnew Date\(\s*\)/)).toEqual([]);
});

test("no file that ships is longer than 400 lines, and no test is longer than 700", () => {
  const most = ({ path }: SourceFile) => (path.startsWith("src/") && !isForTests(path) ? 400 : 700);
  const long = everywhere.filter((file) => file.text.trimEnd().split("\n").length > most(file));
  expect(long.map(({ path }) => path)).toEqual([]);
});

test("files are named in kebab-case", () => {
  expect(
    everywhere.map(({ path }) => path).filter((path) => !/^([a-z0-9-]+\/)+[a-z0-9-]+(\.(test|fixture))?\.ts$/.test(path)),
  ).toEqual([]);
});

test("the checks find what they look for", () => {
  const bad = [
    { path: "a.ts", text: 'const a: any = 1;\nthrow new Error("b");\nconst home = "' + "/ho" + 'me/me";\n// fine: any\n' },
  ];
  expect(places(bad, /(:|<|\bas|\||,|=>)\s*any\b/)).toEqual(["a.ts:1"]);
  expect(places(bad, /\bnew Error\(/)).toEqual(["a.ts:2"]);
  expect(places(bad, /["'`]\/home\//, { raw: true })).toEqual(["a.ts:3"]);
});
