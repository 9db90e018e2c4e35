import { expect, test } from "vitest";
import type { Json } from "../core/json.ts";
import { toolCallsSince } from "./tool-calls-since.ts";

const called = (at: number, note: Json) => ({ at, kind: "noted", body: { cycle: 1, note } });

test("calls that reached a tool count from the journal, and those alone, as they do in memory", () => {
  const entries = [
    called(10, { kind: "tool-call", tool: "get_price", code: null }),
    called(11, { kind: "tool-call", tool: "get_price", code: null }),
    called(12, { kind: "tool-call", tool: "swap_tokens", code: "risk_blocked" }),
    called(13, { kind: "tool-call", tool: "get_price", code: "tool_rate_limit" }),
    called(14, { kind: "tool-call", tool: "withdraw_all", code: "unknown_tool" }),
    called(15, { kind: "tool-call", tool: "swap_tokens", code: "tool_not_allowed" }),
    // A long one is kept by its hash.
    called(16, { kind: "tool-call", body: { ref: "0x00", bytes: 5_000 } }),
    called(17, { kind: "model-call", code: null }),
    { at: 18, kind: "terms", body: { note: { kind: "tool-call" } } },
    called(19, {}),
  ];
  expect(toolCallsSince(entries, 10)).toEqual([11, 12, 16]);
});
