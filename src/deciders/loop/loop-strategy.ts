import { z } from "zod";
import { defineTool, type Tool } from "../../tools/tool.ts";
import { ToolError } from "../../tools/tool-error.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { StrategyDesk } from "../strategies/strategy-desk.ts";

/** The call by which a model says which strategy it follows. The loop's own: offered wherever a mandate lists strategies. */
export const FOLLOW_STRATEGY = "follow_strategy";

const input = z.strictObject({ id: z.string().min(1).max(100).describe("the id of one of the listed strategies") });
const output = z.strictObject({ following: z.string() });

/** A strategy's frontmatter, held against what a model does with tools. */
export interface LoopStrategy<I extends Intent, S extends Observation> {
  readonly tool: Tool<I, S>;
  /** Why the strategy that is followed forbids an intent; null: it allows it. */
  heldBack(intent: I, seen: S): string | null;
}

export function loopStrategy<I extends Intent, S extends Observation>(
  desk: StrategyDesk,
  venue: Pick<Venue<I, S>, "vocabulary">,
): LoopStrategy<I, S> {
  return {
    tool: defineTool<typeof input, typeof output, I, S>({
      name: FOLLOW_STRATEGY,
      title: "Follow a strategy",
      description:
        "Follow one of the listed strategies from now on. What you do is held to its markets, direction, largest position and leverage, and another is followed only after its dwell time.",
      category: "state",
      input,
      output,
      async run({ id }, { venue: seenBy, note }) {
        const before = desk.following;
        const reason = desk.follow(id, await seenBy.observe());
        if (reason !== null)
          throw new ToolError("risk_blocked", reason, { remedy: "Go on with what is followed, or only reduce." });
        if (before !== id) await note([{ kind: "strategy-followed", strategy: id }]);
        return { data: { following: id }, explanation: `${id} is followed` };
      },
    }),
    heldBack(intent, seen) {
      const wanted = { kind: "intents", intents: [intent], why: "" } as const;
      const { decision, remarks } = desk.hold<I, S>(wanted, desk.following, seen, venue);
      return decision.kind === "hold" ? remarks.join("; ") : null;
    },
  };
}
