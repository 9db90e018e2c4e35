/** What stands for the value of a key that an object has more than once. */
export interface WrittenTwice {
  readonly written_twice: readonly unknown[];
}

/** Deepest nesting that is looked into. */
const DEEPEST = 64;

/**
 * JSON as `JSON.parse` reads it, but for keys that an object has twice: their value is a {@link WrittenTwice}, so that
 * whoever reads it sees that nobody can know which was meant. Undefined: no JSON, or nested too deeply.
 */
export function parseDoubled(text: string): unknown {
  try {
    JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return new Reader(text).read();
}

/** Reads text that is known to be JSON. */
class Reader {
  readonly #text: string;
  #at = 0;
  #tooDeep = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const value = this.#value(0);
    return this.#tooDeep ? undefined : value;
  }

  #value(depth: number): unknown {
    this.#space();
    if (depth > DEEPEST) this.#tooDeep = true;
    if (this.#tooDeep) return undefined;
    const opening = this.#text[this.#at];
    if (opening === "{") return this.#object(depth);
    if (opening === "[") return this.#array(depth);
    return opening === '"' ? this.#string() : this.#word();
  }

  #object(depth: number): unknown {
    const values = new Map<string, unknown[]>();
    this.#at++;
    for (this.#space(); !this.#tooDeep && this.#text[this.#at] !== "}"; this.#space()) {
      if (this.#text[this.#at] === ",") this.#at++;
      this.#space();
      const key = String(this.#string());
      this.#space();
      this.#at++;
      values.set(key, [...(values.get(key) ?? []), this.#value(depth + 1)]);
    }
    this.#at++;
    // A null prototype: "__proto__" is a key like others.
    const result: Record<string, unknown> = Object.create(null);
    for (const [key, [first, ...more]] of values) {
      result[key] = more.length === 0 ? first : ({ written_twice: [first, ...more] } satisfies WrittenTwice);
    }
    return result;
  }

  #array(depth: number): unknown {
    const items: unknown[] = [];
    this.#at++;
    for (this.#space(); !this.#tooDeep && this.#text[this.#at] !== "]"; this.#space()) {
      if (this.#text[this.#at] === ",") this.#at++;
      items.push(this.#value(depth + 1));
    }
    this.#at++;
    return items;
  }

  #string(): unknown {
    const start = this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    return JSON.parse(this.#text.slice(start, ++this.#at));
  }

  #word(): unknown {
    const start = this.#at;
    while (this.#at < this.#text.length && !/[\s,\]}]/.test(this.#text[this.#at] ?? "")) this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }
}
