import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

export interface SourceFile {
  /** From the repository's root, with "/". */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file under a folder of the repository, sorted by path. */
export function readSources(folder: string): readonly SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: relative(ROOT, file).split(sep).join("/"), text: readFileSync(file, "utf8") }));
}

/** Whether a file runs in tests alone. */
export function isForTests(path: string): boolean {
  return /\.test\.ts$|\.fixture\.ts$|\/testing\//.test(path);
}

/** Where a slash begins a regular expression rather than a division: after what cannot end a value. */
const BEFORE_PATTERN = /(^|[(,=:[!&|?{};+\-*%<>~^]|\b(return|typeof|case|in|of|do|else|void|delete|throw|new|await))\s*$/;

/** The text with comments, template texts and regular expressions blanked; strings stay unless told otherwise, and so do line numbers. */
export function codeOf(text: string, { strings = true } = {}): string {
  let out = "";
  let at = 0;
  /** Depths of braces at which a template's `${` was opened. */
  const templates: number[] = [];
  let depth = 0;
  const blank = (end: number) => {
    out += text.slice(at, end).replace(/[^\n]/g, " ");
    at = end;
  };
  const template = () => {
    let end = at;
    while (end < text.length && text[end] !== "`" && !text.startsWith("${", end)) end += text[end] === "\\" ? 2 : 1;
    blank(Math.min(end, text.length));
    if (text[at] === "`") out += text[at++];
    else if (at < text.length) {
      out += "${";
      at += 2;
      templates.push(depth++);
    }
  };
  while (at < text.length) {
    const char = text[at];
    if (text.startsWith("//", at) || (at === 0 && text.startsWith("#!"))) blank(endOr(text.indexOf("\n", at), text));
    else if (text.startsWith("/*", at)) blank(endOr(text.indexOf("*/", at + 2) + 2, text));
    else if (char === '"' || char === "'") {
      const literal = (char === '"' ? /"(?:\\.|[^"\\\n])*"?/y : /'(?:\\.|[^'\\\n])*'?/y).exec(rest(text, at))?.[0] ?? char;
      if (!strings) blank(at + literal.length);
      else {
        out += literal;
        at += literal.length;
      }
    } else if (char === "`") {
      out += text[at++];
      template();
    } else if (char === "/" && BEFORE_PATTERN.test(out.slice(-40))) {
      const pattern = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/y.exec(rest(text, at))?.[0] ?? char;
      blank(at + pattern.length);
    } else {
      if (char === "{") depth++;
      if (char === "}") depth--;
      out += text[at++];
      if (char === "}" && templates.at(-1) === depth) {
        templates.pop();
        template();
      }
    }
  }
  return out;
}

function rest(text: string, at: number): string {
  return text.slice(at, at + 4_000);
}

function endOr(index: number, text: string): number {
  return index < 2 ? text.length : index;
}
