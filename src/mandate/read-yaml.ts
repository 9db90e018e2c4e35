import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseAllDocuments } from "yaml";
import { messageOf } from "../core/errors.ts";
import type { ProblemCode, ShownProblem } from "./mandate-file-error.ts";
import type { SourceText, Span } from "./source-text.ts";

/** YAML as text: every scalar is what stands in the file, without quotes; null is "nothing there". */
export type Tree = string | null | readonly Tree[] | { readonly [key: string]: Tree };

export type Path = readonly (string | number)[];

/** YAML that was read, and where each of its parts stands. */
export interface ReadYaml {
  readonly tree: Tree;
  /** What stands at a path. Undefined: nothing, not even the key. */
  at(path: Path): Tree | undefined;
  readonly problems: readonly ShownProblem[];
  /** Where the value at a path stands, or the nearest thing above it that exists. */
  value(path: Path): Span;
  /** Where the key at a path stands, or the nearest thing above it that exists. */
  key(path: Path): Span;
}

interface Place {
  readonly key: Span;
  readonly value: Span;
}

const DEEPEST = 24;
/** Names that every object of JavaScript answers to already. */
const RESERVED = new Set([...Object.getOwnPropertyNames(Object.prototype), "prototype"]);

/**
 * Reads the plain part of YAML: maps, lists and scalars. Scalars stay text, so that an amount is what its
 * author wrote and not what a float makes of it. Anchors, aliases, merge keys, tags, several documents and
 * keys that are not text are problems.
 *
 * @param span - the part of the source that is YAML.
 * @param root - the path at which the YAML's top stands in the whole: all paths here start with it.
 */
export function readYaml(source: SourceText, span: Span, root: Path = []): ReadYaml {
  const problems: ShownProblem[] = [];
  const places = new Map<string, Place>();
  const whole: Place = { key: { start: 0, end: 3 }, value: { start: 0, end: 3 } };
  const spanOf = (range: readonly number[] | null | undefined): Span => ({
    start: span.start + (range?.[0] ?? 0),
    end: span.start + (range?.[1] ?? 1),
  });
  const refuse = (where: Span, path: Path, code: ProblemCode, message: string, remedy: string) => {
    problems.push(source.show(where, { path: path.join("."), code, message, remedy }));
  };
  const nearest = (path: Path, part: keyof Place): Span => {
    for (let length = path.length; length > 0; length -= 1) {
      const place = places.get(JSON.stringify(path.slice(0, length)));
      if (place) return length === path.length ? place[part] : place.key;
    }
    return whole[part];
  };
  const done = (tree: Tree): ReadYaml => ({
    tree,
    problems,
    at: (path) => lookUp(tree, path.slice(root.length)),
    value: (path) => nearest(path, "value"),
    key: (path) => nearest(path, "key"),
  });

  const walk = (node: Node | null | undefined, path: Path, place: Span): Tree => {
    if (!node) return null;
    if (isAlias(node)) {
      refuse(spanOf(node.range), path, "NOT_PLAIN_YAML", `${name(path)}: an alias`, PLAIN);
      return null;
    }
    if ("anchor" in node && node.anchor !== undefined) {
      refuse(spanOf(node.range), path, "NOT_PLAIN_YAML", `${name(path)}: an anchor`, PLAIN);
    }
    if (node.tag !== undefined) refuse(spanOf(node.range), path, "NOT_PLAIN_YAML", `${name(path)}: a tag`, PLAIN);
    if (path.length - root.length > DEEPEST) {
      refuse(place, path, "NOT_YAML", "nested too deeply", `A mandate is at most ${DEEPEST} levels deep.`);
      return null;
    }
    if (isScalar(node)) {
      const text = String(node.value ?? "");
      return node.type === "PLAIN" && /^(?:|~|null|Null|NULL)$/.test(text) ? null : text;
    }
    if (isSeq(node)) {
      return node.items.map((item, i) => {
        const child = item as Node;
        places.set(JSON.stringify([...path, i]), { key: spanOf(child.range), value: spanOf(child.range) });
        return walk(child, [...path, i], spanOf(child.range));
      });
    }
    return isMap(node) ? walkMap(node.items as readonly Pair<Node, Node | null>[], path) : null;
  };

  const walkMap = (items: readonly Pair<Node, Node | null>[], path: Path): Tree => {
    const map: Record<string, Tree> = {};
    for (const { key, value } of items) {
      const keyAt = spanOf(key.range);
      const text = isScalar(key) ? String(key.value ?? "") : undefined;
      if (text === undefined || text === "") {
        refuse(keyAt, path, "NOT_PLAIN_YAML", `${name(path)}: a key that is not a word`, PLAIN);
      } else if (text === "<<") {
        refuse(keyAt, path, "NOT_PLAIN_YAML", `${name([...path, text])}: a merge key`, PLAIN);
      } else if (RESERVED.has(text)) {
        refuse(keyAt, [...path, text], "UNKNOWN_KEY", `${name([...path, text])}: not a key`, "Remove it.");
      } else if (Object.hasOwn(map, text)) {
        refuse(keyAt, [...path, text], "DUPLICATE_KEY", `${name([...path, text])}: written twice`, "Keep one of the two.");
      } else {
        if ((isScalar(key) || isMap(key)) && (key.anchor !== undefined || key.tag !== undefined)) {
          refuse(keyAt, [...path, text], "NOT_PLAIN_YAML", `${name([...path, text])}: an anchor or a tag`, PLAIN);
        }
        const child = [...path, text];
        const valueAt = value?.range && value.range[1] > value.range[0] ? spanOf(value.range) : keyAt;
        places.set(JSON.stringify(child), { key: keyAt, value: valueAt });
        map[text] = walk(value, child, keyAt);
      }
    }
    return map;
  };

  const text = source.text.slice(span.start, span.end);
  try {
    const documents = parseAllDocuments(text, {
      schema: "failsafe",
      version: "1.2",
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: "silent",
    });
    if (!Array.isArray(documents) || documents.length === 0) return done(null);
    const first = documents[0];
    const error = documents.flatMap((document) => document.errors)[0];
    if (error) {
      refuse(
        spanOf(error.pos),
        [],
        "NOT_YAML",
        `not YAML: ${error.message}`,
        "Correct the line: two spaces a level, `key: value`.",
      );
      return done(null);
    }
    const second = documents[1];
    if (second) {
      refuse(spanOf(second.range), [], "NOT_PLAIN_YAML", "a second YAML document", "Keep one.");
      return done(null);
    }
    return done(walk(first?.contents as Node | null | undefined, root, whole.value));
  } catch (error) {
    refuse(whole.value, [], "NOT_YAML", `not YAML: ${messageOf(error)}`, "Write it plainly: maps, lists, words and numbers.");
    return done(null);
  }
}

const PLAIN = "Write the value out where it is used: anchors, aliases, merge keys and tags are not read.";

function lookUp(tree: Tree, path: Path): Tree | undefined {
  let here: Tree | undefined = tree;
  for (const part of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Readonly<Record<string, Tree>>)[String(part)];
  }
  return here;
}

/** A path as people read it. */
function name(path: Path): string {
  return path.length === 0 ? "frontmatter" : path.join(".");
}
