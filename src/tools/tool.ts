import { z } from "zod";
import type { Intent, Observation } from "../venues/venue.ts";
import { defaultAnnotations } from "./annotations.ts";
import { asResult } from "./as-result.ts";
import type { ToolContext } from "./tool-context.ts";
import { failed, type ToolResult, type ToolStatus, type ToolVerdict } from "./tool-result.ts";

/** Reading, preparing, moving money, or remembering. */
export type ToolCategory = "data" | "planning" | "action" | "state";

/** "read" and "plan" change nothing; "state" writes what only the agent reads; "write" may move money. */
export type ToolRisk = "read" | "plan" | "state" | "write";

/** What MCP's clients are told of a tool. Hints: nothing rests on them. */
export interface ToolAnnotations {
  readonly title: string;
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** One tool, for every surface: the loop, MCP and `ax`. */
export interface Tool<I extends Intent = Intent, S extends Observation = Observation> {
  readonly name: string;
  /** For a model: what it does, in which units, and when not to use it. */
  readonly description: string;
  readonly category: ToolCategory;
  readonly risk: ToolRisk;
  readonly input: z.ZodObject;
  /** Of the result's `data`. */
  readonly output: z.ZodType;
  readonly annotations: ToolAnnotations;
  /** It is part of the interface, and always answers `unsupported` with the reason. */
  readonly unsupported: boolean;
  /** Reads the arguments strictly and answers. Never rejects: what goes wrong is a result. */
  run(args: unknown, context: ToolContext<I, S>): Promise<ToolResult>;
}

/** What a tool's own code answers; the rest of the envelope is put around it. */
export interface ToolAnswer<Data> {
  /** Default "success". */
  readonly status?: ToolStatus;
  readonly data: Data;
  readonly verdict?: ToolVerdict | null;
  readonly hints?: readonly string[];
  readonly explanation: string;
}

export interface ToolDefinition<In extends z.ZodObject, Out extends z.ZodType, I extends Intent, S extends Observation> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly category: ToolCategory;
  readonly input: In;
  readonly output: Out;
  /** What differs from the category's own. */
  readonly annotations?: Partial<Omit<ToolAnnotations, "title">>;
  /** Default false. */
  readonly unsupported?: boolean;
  /** May throw typed errors: they become results. A result is passed on as it is. */
  run(args: z.output<In>, context: ToolContext<I, S>): Promise<ToolAnswer<z.input<Out>> | ToolResult>;
}

const RISKS: Readonly<Record<ToolCategory, ToolRisk>> = { data: "read", planning: "plan", action: "write", state: "state" };

/** A tool from its schemas and its code: strict arguments in, the envelope out. */
export function defineTool<
  In extends z.ZodObject,
  Out extends z.ZodType,
  I extends Intent = Intent,
  S extends Observation = Observation,
>(definition: ToolDefinition<In, Out, I, S>): Tool<I, S> {
  const { name, title, description, category, input, output } = definition;
  // What compares arguments with each other may rely on each of them being what it should.
  const each = z.strictObject(input.shape);
  return {
    name,
    description,
    category,
    risk: RISKS[category],
    input,
    output,
    annotations: { title, ...defaultAnnotations(category), ...definition.annotations },
    unsupported: definition.unsupported ?? false,
    async run(args, context) {
      if (context.signal?.aborted) return failed(name, "aborted", "the session is ending", { suggestion: "Nothing was done." });
      const { error } = each.safeParse(args ?? {});
      const read = error === undefined ? input.safeParse(args ?? {}) : { success: false as const, error };
      if (!read.success) {
        return failed(name, "validation_error", problemsOf(read.error), {
          suggestion: `Arguments as in: mandate ax tools --describe ${name}`,
        });
      }
      return asResult(name, () => definition.run(read.data, context));
    },
  };
}

function problemsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`)
    .join("; ");
}

/** JSON Schema of what a model writes to call a tool. */
export function inputSchemaOf({ input }: Pick<Tool, "input">): Readonly<Record<string, unknown>> {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: "input", unrepresentable: "any" });
  return schema;
}
