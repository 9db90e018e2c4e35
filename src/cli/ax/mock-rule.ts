import type { ScriptedRule } from "../../llm/scripted/turn.ts";

const FORMS: readonly (readonly [form: RegExp, tool: string, args: (found: readonly string[]) => object])[] = [
  [
    /^swap (?:all(?: of)?(?: my)?) (\w+) (?:to|for|into) (\w+)$/i,
    "swap_tokens",
    ([a, b]) => ({ token_in: a, token_out: b, amount: "all" }),
  ],
  [
    /^(?:swap|sell) ([\d.]+) (\w+) (?:to|for|into) (\w+)$/i,
    "swap_tokens",
    ([amount, a, b]) => ({ token_in: a, token_out: b, amount }),
  ],
  [/^(?:what is the )?price of (\w+)\??$/i, "get_price", ([token]) => ({ token })],
  [/^(?:what is )?my balance of (\w+)\??$/i, "get_balance", ([token]) => ({ token })],
  [/^deposit ([\d.]+) \w+ (?:to|in|into) (\w+)$/i, "deposit_vault", ([amount, vault]) => ({ vault, amount })],
];

/** The model of `ax --mock`: it understands a handful of sentences, so that the way of a call can be seen without a key. */
export const axRule: ScriptedRule = ({ prompt }) => {
  const text = prompt.trim();
  for (const [form, tool, args] of FORMS) {
    const found = form.exec(text);
    if (found) return { kind: "answer", value: { calls: [{ tool, arguments: JSON.stringify(args(found.slice(1))) }] } };
  }
  return { kind: "answer", value: { calls: [] } };
};
