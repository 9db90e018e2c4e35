import { decimal } from "../core/decimal.ts";
import type { Outcome, Request } from "../gateway/contract.ts";
import type { Verdict } from "../mandate/verdict.ts";
import type { Prices } from "../protocols/effects.ts";
import type { Intent, Observation } from "../venues/venue.ts";
import { changesLine, renderVerdict } from "./render-verdict.ts";
import type { Executed } from "./schemas.ts";
import type { ToolAnswer } from "./tool.ts";
import type { ToolContext } from "./tool-context.ts";
import { ToolError } from "./tool-error.ts";
import { failed, type ToolResult, type ToolVerdict } from "./tool-result.ts";

/** An observation, with the prices that the mandate pins where it has them. */
export type Priced<S> = S & { readonly prices?: Prices };

/**
 * What the gateway would say of an intent now. Nothing is reserved, signed or asked.
 *
 * @throws {ToolError} risk_blocked: the agent's own rules forbid it.
 */
export async function previewIntent<I extends Intent, S extends Observation>(
  intent: I,
  seen: S,
  { venue, gateway, wallet, heldBack }: Pick<ToolContext<I, S>, "venue" | "gateway" | "wallet" | "heldBack">,
): Promise<Verdict> {
  const reason = heldBack?.(intent, seen) ?? null;
  if (reason !== null) {
    throw new ToolError("risk_blocked", reason, { remedy: "Follow a strategy that allows it, make it smaller, or only reduce." });
  }
  const actions = venue.compile(intent, seen);
  const { lease, cycle } = await gateway.state(wallet);
  const request: Request = { wallet, lease, cycle, step: PREVIEW_STEP, actions };
  return gateway.preview(request);
}

/** A step that no request of an agent has: previews are never one of them. */
const PREVIEW_STEP = 999_999;

/** Does what is wanted, or says what would come of it. */
export async function perform<I extends Intent, S extends Observation>(
  tool: string,
  intent: I,
  context: ToolContext<I, S>,
  { dryRun, words }: { readonly dryRun: boolean; readonly words: string },
): Promise<ToolAnswer<Executed> | ToolResult> {
  const seen = await context.venue.observe();
  const verdict = await previewIntent(intent, seen, context);
  const shown = renderVerdict(verdict, pricesOf(seen));
  // What the preview refuses for good is refused by the request too: that one goes on the record.
  if (dryRun || context.dryRun === true) return simulated(tool, shown, words);
  const [outcome] = await context.act([intent]);
  if (outcome === undefined) {
    return failed(tool, "unresolved", "an earlier request is not settled yet, so nothing more is sent", {
      suggestion: "Wait until it is settled.",
      verdict: shown,
    });
  }
  return outcomeOf(tool, outcome, shown, words, pricesOf(seen));
}

function simulated(tool: string, verdict: ToolVerdict, words: string): ToolAnswer<Executed> | ToolResult {
  if (verdict.kind === "allow") {
    return {
      status: "simulated",
      data: { done: [], transactions: [], key: null },
      verdict,
      hints: hintsOf(verdict),
      explanation: `${words}: it would pass (${changesLine(verdict.effects)}); nothing was signed`,
    };
  }
  return refused(tool, verdict, words);
}

export function refused(tool: string, verdict: ToolVerdict, words: string): ToolResult {
  const code =
    verdict.kind === "ask"
      ? "approval_required"
      : verdict.violations.some((one) => one.code === "APPROVAL_DENIED")
        ? "approval_denied"
        : "risk_blocked";
  const why = verdict.violations.map((one) => `${one.code}: ${one.message}`).join("; ");
  return failed(tool, code, `${words}: ${verdict.kind === "ask" ? "the operator has to grant it" : "refused"}: ${why}`, {
    verdict,
    suggestion: suggestionOf(verdict),
    hints: hintsOf(verdict),
  });
}

function outcomeOf(
  tool: string,
  outcome: Outcome,
  shown: ToolVerdict,
  words: string,
  prices: Prices,
): ToolAnswer<Executed> | ToolResult {
  if (outcome.kind === "refused") return refused(tool, renderVerdict(outcome.verdict, prices), words);
  const { kind, key, done, transactions, reason } = outcome;
  const data = {
    key,
    done: done.map(({ account, asset, amount }) => ({ account, asset, amount: amount.toFixed() })),
    transactions: transactions.map(({ hash, status }) => ({ hash, status })),
  };
  switch (kind) {
    case "confirmed": {
      const changes = done.map(
        ({ asset, amount }) => `${amount.isPositive() ? "+" : ""}${amount.toFixed()} ${asset.slice(asset.indexOf("/") + 1)}`,
      );
      return {
        data,
        verdict: shown,
        hints: hintsOf(shown),
        explanation: `${words}: done (${changes.join(", ") || "no holding changed"})`,
      };
    }
    case "open":
      return {
        status: "partial",
        data,
        verdict: shown,
        hints: ["It is sent and not settled yet. Do not send it again."],
        explanation: `${words}: sent, not settled yet`,
      };
    case "unresolved":
      return failed(tool, "unresolved", `${words}: what came of it cannot be told${reason ? `: ${reason}` : ""}`, {
        verdict: shown,
        data,
        suggestion: "Do not send it again. Wait for the next look-up, or for the operator.",
      });
    case "rejected":
    case "released":
      return failed(tool, "execution_failed", `${words}: ${reason ?? "it was not carried out"}`, {
        verdict: shown,
        data,
        suggestion: "Look at the state again before you decide.",
      });
  }
}

function suggestionOf({ kind, violations, largest }: ToolVerdict): string {
  if (kind === "ask") return `Wait for the operator's answer, or ask for less${largest ? `: ${largest.message}` : ""}.`;
  if (largest) return largest.message;
  const until = violations
    .flatMap((one) => one.until ?? [])
    .toSorted()
    .at(-1);
  if (until !== undefined) return `More is allowed at ${until}.`;
  const room = violations.find(({ allowed }) => allowed !== undefined);
  return room ? `${room.limit ?? room.code} leaves ${room.allowed}.` : "Choose something that the mandate allows.";
}

/** What a decider may want to know of the limits next. */
function hintsOf({ kind, limits_left, violations }: ToolVerdict): readonly string[] {
  if (kind === "allow") {
    return limits_left.flatMap(({ budget, unit, limit, left }) =>
      limit !== "unlimited" && left !== "unlimited" && decimal(left).times(5).lt(decimal(limit))
        ? [`Little is left of ${budget}: ${left} ${unit} of ${limit}.`]
        : [],
    );
  }
  return violations.flatMap(({ limit, allowed, unit }) =>
    limit !== undefined && allowed !== undefined
      ? [`${limit}: ${allowed}${unit === undefined ? "" : ` ${unit}`} would be allowed now.`]
      : [],
  );
}

export function pricesOf<S extends Observation>(seen: Priced<S>): Prices {
  return (
    seen.prices ??
    Object.fromEntries(
      seen.holdings.flatMap(({ asset, price_usd, price_at }) =>
        price_usd ? [[asset, { usd: price_usd, error_bps: price_usd.minus(price_usd), at: price_at ?? seen.at }]] : [],
      ),
    )
  );
}
