import { parseAnswer } from "../parse-answer.ts";
import { type HeldAsset, readHeldAsset } from "./held-asset.ts";
import { readLiquidityStrategy } from "./read-liquidity-strategy.ts";
import type { ScriptedMessage, ScriptedRequest, ScriptedRule, ScriptedToolCall, Turn } from "./turn.ts";
import { type Wish, wishesToCalls } from "./wishes-to-calls.ts";

/** Requests that may be sent in one session: more is not a plan. */
const MOST_ACTIONS = 6;

interface Answered {
  readonly tool: string;
  readonly ok: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly said: string;
}

/**
 * The rule of a model that works with tools: it reads what the strategy's prose is about, lets another rule decide on that as it
 * would on an observation, calls the first tool that this takes, and looks again, until there is nothing more to do. What is
 * refused is not tried again. Requests that offer no choice of tools are left to the other rule.
 */
export function toolRule(inner: ScriptedRule): ScriptedRule {
  return async (request) => {
    if (request.tools.length === 0 || request.forcedTool !== null || request.schemaName !== null) return inner(request);
    const offered = new Set(request.tools.map(({ name }) => name));
    const session = answersIn(request.messages);
    const bundle = session.at(-1)?.tool === COMPILE ? session.at(-1)?.data.bundle_id : undefined;
    if (typeof bundle === "string") return { kind: "tools", calls: [{ name: EXECUTE, arguments: { bundle_id: bundle } }] };
    const moved = session.findLastIndex(({ tool, ok }) => ok && ACTS.has(tool));
    const fresh = session.slice(moved + 1);
    const prose = proseOf(request);
    const reads = readsFor(prose).filter(({ name }) => offered.has(name));
    const missing = reads.find(({ name }) => !fresh.some(({ tool }) => tool === name));
    if (missing) return { kind: "tools", calls: [missing] };
    const unread = fresh.find(({ tool, ok }) => !ok && (tool === CANDIDATE || reads.some(({ name }) => name === tool)));
    if (unread) return finished(`I hold: ${unread.tool} said ${unread.said}`, offered);
    const turn = await inner(asObserved(request, prose, fresh));
    if (turn.kind !== "answer") return turn;
    return follow(turn.value as Wish, { offered, session, fresh, prose });
  };
}

interface Session {
  readonly offered: ReadonlySet<string>;
  readonly session: readonly Answered[];
  /** Since something was done last. */
  readonly fresh: readonly Answered[];
  readonly prose: string;
}

function follow(wish: Wish, { offered, session, fresh, prose }: Session): Turn {
  const done = session.filter(({ tool, ok }) => ok && ACTS.has(tool));
  const refused = fresh.find(({ tool, ok }) => !ok && (ACTS.has(tool) || tool === COMPILE));
  const [call] = wishesToCalls(wish, holdingsIn(fresh), offered);
  if (refused) return finished(`I stop here: ${refused.said}`, offered);
  if (!call || done.length >= MOST_ACTIONS) {
    const what = done.length === 0 ? "I hold" : `Done: ${done.map(({ tool }) => tool).join(", ")}`;
    return finished(`${what}. ${wish.why}`, offered);
  }
  if (call.name === "close_lp_position" && offered.has(CANDIDATE)) {
    const pays = readLiquidityStrategy(prose)?.pays;
    const candidate = fresh.find(({ tool }) => tool === CANDIDATE);
    if (pays && !candidate) return { kind: "tools", calls: [candidateCall(call, prose)] };
    if (candidate?.data.viable === false) return finished(`I hold. ${candidate.said}`, offered);
  }
  return { kind: "tools", text: wish.why, calls: [call] };
}

/** By the tool for it where there is one, else in words. */
function finished(why: string, offered: ReadonlySet<string>): Turn {
  return offered.has(END) ? { kind: "tools", calls: [{ name: END, arguments: { why } }] } : { kind: "prose", text: why };
}

const END = "end_cycle";
const CANDIDATE = "compute_rebalance_candidate";
const COMPILE = "compile_intent";
const EXECUTE = "execute_compiled_bundle";
/** What moves money, of the tools that this rule calls. */
const ACTS: ReadonlySet<string> = new Set([
  ...["swap_tokens", "open_lp_position", "close_lp_position", "collect_lp_fees", "deposit_vault", "withdraw_vault"],
  ...["place_order", EXECUTE],
]);

function readsFor(prose: string): readonly ScriptedToolCall[] {
  const liquidity = readLiquidityStrategy(prose);
  return [
    { name: "get_portfolio", arguments: {} },
    ...(liquidity ? [{ name: "list_lp_positions", arguments: {} }] : []),
    ...(liquidity?.vault ? [{ name: "get_vault_state", arguments: { vault: liquidity.vault.symbol } }] : []),
  ];
}

function candidateCall({ arguments: given }: ScriptedToolCall, prose: string): ScriptedToolCall {
  const liquidity = readLiquidityStrategy(prose);
  const position_id = typeof given === "string" ? "" : given.position_id;
  return {
    name: CANDIDATE,
    arguments: {
      position_id,
      range_pct: liquidity?.range_pct ?? "5",
      daily_volume_usd: liquidity?.pays?.volume_usd.toFixed() ?? "0",
      horizon_days: liquidity?.pays?.days.toNumber() ?? 7,
    },
  };
}

/** The tools' answers since the user spoke last, in order. */
function answersIn(messages: readonly ScriptedMessage[]): readonly Answered[] {
  const since = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
  return since.flatMap(({ role, tool, text }) => {
    if (role !== "tool" || tool === undefined) return [];
    const { status, data, explanation } = envelopeIn(text);
    return [
      {
        tool,
        ok: status === "success",
        data: isRecord(data) ? data : {},
        said: typeof explanation === "string" ? explanation : "nothing that I can read",
      },
    ];
  });
}

/** A tool's answer, alone or under `result` with its source beside it. */
function envelopeIn(text: string): Readonly<Record<string, unknown>> {
  const read = parseAnswer(text);
  if (!read.ok) return {};
  return isRecord(read.value.result) ? read.value.result : read.value;
}

/** What was read, as one observation, in the form that the other rules read. */
function asObserved(request: ScriptedRequest, prose: string, fresh: readonly Answered[]): ScriptedRequest {
  const holdings = holdingsIn(fresh);
  const liquidity = readLiquidityStrategy(prose);
  const chain = holdings[0]?.asset.split("/")[0] ?? "";
  const positions = dataOf(fresh, "list_lp_positions").positions;
  const vault = dataOf(fresh, "get_vault_state");
  const seen = {
    holdings,
    pools: liquidity ? [{ pool: `${chain}/${liquidity.pool}` }] : [],
    positions: Array.isArray(positions) ? positions : [],
    vaults: "vault" in vault ? [{ ...vault, holds: vault.underlying }] : [],
  };
  const text = `\`\`\`json\n${JSON.stringify(seen)}\n\`\`\``;
  return { ...request, system: prose, prompt: text, messages: [{ role: "user", text }], tools: [] };
}

function holdingsIn(fresh: readonly Answered[]): readonly HeldAsset[] {
  const { holdings } = dataOf(fresh, "get_portfolio");
  return Array.isArray(holdings) ? holdings.filter(isRecord).flatMap(readHeldAsset) : [];
}

function dataOf(fresh: readonly Answered[], name: string): Readonly<Record<string, unknown>> {
  return fresh.findLast(({ tool }) => tool === name)?.data ?? {};
}

function proseOf({ system, messages }: ScriptedRequest): string {
  const texts = messages.filter(({ role }) => role === "user").map(({ text }) => text);
  return [system, ...texts].join("\n").replaceAll(/```json[\s\S]*?```/g, "");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
