import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Json } from "../core/json.ts";
import type { StateStore } from "./tool-context.ts";
import { ToolError } from "./tool-error.ts";

/** The most that is kept, in bytes of JSON. */
const MOST = 64 * 1024;

/**
 * An agent's state in a file of its own, replaced as a whole. One that cannot be read is an error, never a fresh start:
 * an agent that has forgotten what it did must not believe that it did nothing.
 */
export function fileStateStore(path: string): StateStore {
  return {
    async load() {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw unread(path, error);
      }
      try {
        return JSON.parse(text) as Json;
      } catch (error) {
        throw unread(path, error);
      }
    },
    async save(state) {
      const text = JSON.stringify(state);
      const size = Buffer.byteLength(text);
      if (size > MOST) {
        throw new ToolError("state_too_large", `the state has ${size} bytes, ${MOST} are kept`, { remedy: "Keep less." });
      }
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}

/** State that ends with the process. For dry runs and tests. */
export function memoryStateStore(): StateStore {
  let kept: Json = null;
  return {
    load: async () => kept,
    save: async (state) => {
      kept = state;
    },
  };
}

function unread(path: string, cause: unknown): ToolError {
  return new ToolError("state_load_failed", "the saved state cannot be read", {
    remedy: "Ask the operator to look at it, or to remove it.",
    details: { path },
    cause,
  });
}
