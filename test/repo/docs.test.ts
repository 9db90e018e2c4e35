import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { ROOT } from "./source-text.ts";

const written = [
  "AGENTS.md",
  "CHANGELOG.md",
  ...(existsSync(join(ROOT, "README.md")) ? ["README.md"] : []),
  ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

test("every file that the docs name is there", () => {
  const lost = written.flatMap(({ path, text }) => {
    const named = [...text.matchAll(/\b((?:src|test|docs|scripts|bench|examples|contracts|mandates)\/[\w./-]*\w)/g)].map(
      ([, name = ""]) => name,
    );
    return named.filter((name) => /\.(ts|mjs|md)$/.test(name) && !existsSync(join(ROOT, name))).map((name) => `${path}: ${name}`);
  });
  expect(lost).toEqual([]);
});

test("every link between the docs leads to a file and to a heading in it", () => {
  const broken = written.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? join(ROOT, path) : join(ROOT, dirname(path), file);
      if (!existsSync(target)) return [`${path}: ${link}`];
      if (anchor === undefined) return [];
      const headings = [...readFileSync(target, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replace(/[^\w\s-]/g, "")
          .replace(/\s/g, "-"),
      );
      return headings.includes(anchor) ? [] : [`${path}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

test("every npm script that the docs name is one", () => {
  const named = written.flatMap(({ text }) =>
    [...text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = ""]) => name),
  );
  expect(named.filter((name) => !(name in manifest.scripts))).toEqual([]);
});

test("every kind of entry is in docs/architecture.md, and no other", () => {
  const kinds = [
    ...readFileSync(join(ROOT, "src", "journal", "entries.ts"), "utf8").matchAll(/\{ readonly kind: "(\w+)"; readonly body/g),
  ].map(([, kind]) => kind);
  const section =
    written
      .find(({ path }) => path === "docs/architecture.md")
      ?.text.split("## What the journal holds")[1]
      ?.split("\n## ")[0] ?? "";
  expect([...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind)).toEqual(kinds);
});
