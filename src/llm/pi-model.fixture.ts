import { z } from "zod";
import { ManualClock } from "../core/clock.ts";
import { InvariantError } from "../core/errors.ts";
import { seededRandom } from "../core/random.ts";
import type { Answer, ModelApi, Question } from "./model-port.ts";
import type { ToolModel } from "./model-turn.ts";
import { type ModelConfig, type ResolveModelOptions, resolveModel } from "./resolve-model.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted/start-scripted-model.ts";
import type { ScriptedRule, Turn } from "./scripted/turn.ts";

const schema = z.strictObject({ decision: z.enum(["hold", "targets"]), why: z.string() });
export const question: Question<z.infer<typeof schema>> = {
  system: "You keep a book.",
  prompt: "What now?",
  schema,
  name: "decision",
};
export const hold = { decision: "hold", why: "nothing moved" };
const prices = { input: "2.5", output: "10", cache_read: "1.25" };

const open: ScriptedModel[] = [];

/** Stops with `stopAll`. */
export async function scripted(turns: readonly Turn[] | ScriptedRule): Promise<ScriptedModel> {
  const server = await startScriptedModel(typeof turns === "function" ? { rule: turns } : { script: turns });
  open.push(server);
  return server;
}

export async function stopAll(): Promise<void> {
  await Promise.all(open.splice(0).map((server) => server.stop()));
}

interface Setting {
  readonly api: ModelApi;
  readonly turns: readonly Turn[] | ScriptedRule;
  readonly config?: Partial<ModelConfig>;
  readonly options?: Partial<ResolveModelOptions>;
}

export async function modelWith({
  api,
  turns,
  config,
  options,
}: Setting): Promise<{ port: ToolModel; server: ScriptedModel; clock: ManualClock }> {
  const server = await scripted(turns);
  const clock = new ManualClock(1_000_000);
  const port = await resolveModel({
    config: { provider: "scripted", id: "scripted", api, base_url: server.url, prices, ...config },
    env: {},
    clock,
    random: seededRandom(1),
    version: "9.9.9",
    ...options,
  });
  return { port, server, clock };
}

export function failureOf<T>(answer: Answer<T>): Extract<Answer<T>, { ok: false }> {
  if (answer.ok) throw new InvariantError("the answer should be a failure");
  return answer;
}
