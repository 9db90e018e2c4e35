import type { ScriptedMessage, ScriptedRule, Turn } from "../../src/llm/scripted/turn.ts";

const SKILLS = ".agents/skills";
const LIST = `${SKILLS}/manage-lp/scripts/lp.sh list`;
const TICK = `cast call "$(jq -r '.chains.base.pools["WETH-USDC"].address' config.json)" 'slot0()(uint160,int24,uint16,uint16,uint16,uint8,bool)' | sed -n 2p | sed 's/ .*//'`;
const OPEN = `${SKILLS}/manage-lp/scripts/lp.sh open WETH-USDC 6 0.0833 255`;
const COLLECT_ABOVE_UNITS = 2_000_000n;

/**
 * A model that keeps the liquidity mandate with a shell: it reads the skills that it needs, looks with their scripts, and opens,
 * closes and collects with them. In every cycle anew: nothing of a session is left to the next.
 */
export function shellRule(): ScriptedRule {
  return ({ messages }) => {
    const since = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
    const ran = commandsIn(since);
    const said = (command: string) => ran.findLast((one) => one.command === command);
    for (const skill of ["check-balances", "manage-lp"]) {
      const path = `${SKILLS}/${skill}/SKILL.md`;
      if (!said(path)) return { kind: "tools", calls: [{ name: "read", arguments: { path } }] };
    }
    const balances = `${SKILLS}/check-balances/scripts/balances.sh`;
    for (const command of [balances, LIST, TICK]) if (!said(command)) return bash(command);
    const held = positionIn(said(LIST)?.text ?? "");
    const tick = Number(said(TICK)?.text.trim());
    const acted = ran.filter(({ command }) => /lp\.sh (open|close|collect)/.test(command));
    if (acted.length > 0) return end(`Done: ${acted.map(({ command }) => command.split(" ").slice(1).join(" ")).join("; ")}`);
    if (!held) return bash(OPEN);
    if (tick < held.low || tick >= held.high) return bash(`${SKILLS}/manage-lp/scripts/lp.sh close ${held.id}`);
    if (held.owed > COLLECT_ABOVE_UNITS) return bash(`${SKILLS}/manage-lp/scripts/lp.sh collect ${held.id}`);
    return end("I hold. The position is in its range.");
  };
}

function bash(command: string): Turn {
  return { kind: "tools", calls: [{ name: "bash", arguments: { command } }] };
}

function end(why: string): Turn {
  return { kind: "tools", calls: [{ name: "end_cycle", arguments: { why } }] };
}

/** Each command or file of the session, and what it printed. */
function commandsIn(messages: readonly ScriptedMessage[]): readonly { readonly command: string; readonly text: string }[] {
  const calls = messages.flatMap((message) => message.calls ?? []);
  const answers = messages.filter(({ role }) => role === "tool");
  return answers.map(({ text }, index) => {
    const given = calls[index]?.arguments;
    const asked = typeof given === "object" ? (given.command ?? given.path) : "";
    return { command: String(asked), text: printed(text) };
  });
}

function printed(text: string): string {
  const { result } = JSON.parse(text) as { readonly result?: { readonly data?: { readonly stdout?: string } | null } };
  return result?.data?.stdout ?? "";
}

function positionIn(list: string) {
  const [line] = list.split("\n").filter((one) => one.startsWith("{"));
  if (line === undefined) return null;
  const { id, tick_lower, tick_upper, liquidity, owed1 } = JSON.parse(line) as Record<string, string>;
  if (liquidity === "0") return null;
  return { id, low: Number(tick_lower), high: Number(tick_upper), owed: BigInt(owed1 ?? "0") };
}
