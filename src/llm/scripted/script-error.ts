import { MandateError } from "../../core/errors.ts";

/** A script for the scripted model that cannot be followed. `details.problems` has all that was found. */
export class ModelScriptError extends MandateError {
  constructor(name: string, problems: readonly string[]) {
    super("MODEL_SCRIPT", `${name}: ${problems.slice(0, 5).join("; ")}`, {
      remedy: "docs/mock-model.md has the format.",
      details: { problems },
    });
  }
}
