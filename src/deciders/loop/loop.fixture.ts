import { z } from "zod";
import type { ManualClock } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import type { GatewayState, Note, Outcome } from "../../gateway/contract.ts";
import { modelWith } from "../../llm/pi-model.fixture.ts";
import type { ScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import type { ScriptedRule, ScriptedToolCall, Turn } from "../../llm/scripted/turn.ts";
import type { LoopTerms } from "../../mandate/terms.ts";
import { parseSample } from "../../mandate/testing/sample-mandate.ts";
import { LOOP_DEFAULTS } from "../../mandate/to-brief.ts";
import { memoryStateStore } from "../../tools/file-state-store.ts";
import { defineTool } from "../../tools/tool.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { Decider, Hands } from "../decider.ts";
import { loopDecider } from "./loop-decider.ts";

export const NOW = Date.UTC(2026, 0, 5);
const { terms, brief } = parseSample();

/** The next token that the market hands out, whatever a stranger wrote into its name. */
const look = defineTool({
  name: "look",
  title: "Look",
  description: "Look at something.",
  category: "data",
  input: z.strictObject({ at: z.string() }),
  output: z.strictObject({ seen: z.string() }),
  run: async ({ at }) => ({ data: { seen: at === "much" ? "x".repeat(50_000) : at }, explanation: `looked at ${at}` }),
});
const act = defineTool({
  name: "act",
  title: "Act",
  description: "Do something.",
  category: "action",
  input: z.strictObject({}),
  output: z.strictObject({ kind: z.string() }),
  async run(_args, context) {
    const [outcome] = await context.act([{ kind: "any" } as Intent]);
    return { data: { kind: outcome?.kind ?? "none" }, explanation: "acted" };
  },
});

export const seen: Observation = {
  ...{ at: NOW, value_usd: decimal(1500), holdings: [], allowances: [], unknowns: [], facts: {} },
};
const state: GatewayState = {
  ...{ wallet: "wallet:0x1", now: NOW, lease: 1, cycle: 1, stopped: null, open: [], budgets: [], holdings: [] },
  ...{ high_water_usd: null, model_spent_today_usd: decimal(0), recent: [], permits: [] },
};
export const CONFIRMED: Outcome = {
  ...{ kind: "confirmed", key: "0x1111111111111111111111111111111111111111111111111111111111111111" },
  ...{ done: [], awaits: [], transactions: [], reason: null },
};

export interface LoopHouse {
  readonly server: ScriptedModel;
  readonly clock: ManualClock;
  readonly notes: Note[];
  readonly decider: Decider;
  /** How often something was asked to be done. */
  acted(): number;
  hands(more?: Partial<Hands>): Hands;
  notesOf(kind: string): readonly Readonly<Record<string, Json>>[];
}

/** A loop over a scripted model, two tools, and hands that do what `doing` says. Stop the models with `stopAll`. */
export async function openLoopHouse(
  turns: readonly Turn[] | ScriptedRule,
  limits: Partial<LoopTerms> = {},
  doing: () => Promise<readonly Outcome[]> = async () => [CONFIRMED],
): Promise<LoopHouse> {
  const { port, server, clock } = await modelWith({ api: "chat", turns });
  const notes: Note[] = [];
  let acted = 0;
  const venue: Venue = {
    observe: async () => seen,
    plan: () => ({ steps: [], skipped: [], cost_usd: decimal(0), line: "" }),
    compile: () => [{ kind: "none" } as never],
    revokes: () => [],
    readIntent: () => ({ kind: "any" }),
  } as unknown as Venue;
  const decider = loopDecider({
    mandate: { terms, brief: { ...brief, decider: "loop", loop: { ...LOOP_DEFAULTS, ...limits } } },
    model: port,
    venue,
    toolset: { tools: [look, act], history: { series: async () => null } },
    gateway: { state: async () => state, preview: async () => ({}) as never },
    wallet: "wallet:0x1",
    clock,
    store: memoryStateStore(),
  });
  return {
    ...{ server, clock, notes, decider },
    acted: () => acted,
    hands: (more = {}) => ({
      async act() {
        acted += 1;
        return doing();
      },
      note: async (given) => void notes.push(...given),
      state,
      ...more,
    }),
    notesOf: (kind) => notes.filter((note) => note.kind === kind),
  };
}

export const tools = (...calls: readonly ScriptedToolCall[]): Turn => ({ kind: "tools", calls });
export const LOOK: ScriptedToolCall = { name: "look", arguments: { at: "the sky" } };
export const ACT: ScriptedToolCall = { name: "act", arguments: {} };
export const END: ScriptedToolCall = { name: "end_cycle", arguments: { why: "nothing more to do" } };
