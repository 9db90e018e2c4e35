import { sha256 } from "../../core/json.ts";
import type { LoadedCode } from "./load-code.ts";
import type { CodeContext, Decide } from "./strategy-code.ts";

/** A strategy that is a function of the program's own and lies in no file. Its hash is of its text. */
export function codeOf(decide: Decide<never>): LoadedCode {
  return {
    module: decide.name === "" ? "a function" : decide.name,
    hash: sha256(decide.toString()),
    folder: "",
    decide: (seen, context) => decide(seen as never, context as CodeContext),
  };
}
