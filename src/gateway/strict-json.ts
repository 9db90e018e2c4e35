import { messageOf } from "../core/errors.ts";

/** What JSON may be at most. Left out: as many values as there is room for. */
export interface Shape {
  readonly deepest: number;
  readonly most?: number;
}

/**
 * JSON in which no object names a key twice, and which is no deeper and has no more values than `shape` says, or what is wrong with it. Two
 * readers may take different ones of two equal keys, and what was judged would not be what is meant.
 */
export function readStrictJson(text: string, shape: Shape): { readonly value: unknown } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `the body is not JSON: ${messageOf(error)}` };
  }
  const problem = shapeProblem(text, shape);
  return problem === null ? { value } : { problem };
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g;

/** `text` is valid JSON: every string is closed, and one right before a colon is a key of the innermost open object. */
function shapeProblem(text: string, { deepest, most = Number.POSITIVE_INFINITY }: Shape): string | null {
  let values = 0;
  const open: (Set<string> | null)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    // Each value but the first of an object or array has a comma before it.
    if (token === "," || token === "{" || token === "[") values += 1;
    if (values > most) return `the body has more than ${most} values`;
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return `the key ${JSON.stringify(key).slice(0, 80)} is there twice`;
      keys?.add(key);
    }
    if (open.length > deepest) return `the body is nested more than ${deepest} deep`;
    last = token;
  }
  return null;
}
