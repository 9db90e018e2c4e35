import { z } from "zod";

const LONGEST_WAIT_MS = 600_000;

const usage = z.strictObject({
  input: z.int().min(0).exactOptional(),
  output: z.int().min(0).exactOptional(),
  cacheRead: z.int().min(0).exactOptional(),
  cacheWrite: z.int().min(0).exactOptional(),
});
const ms = z.int().min(0).max(LONGEST_WAIT_MS);
const call = z.strictObject({
  name: z.string().min(1),
  arguments: z.union([z.record(z.string(), z.unknown()), z.string()]).default({}),
});

const PLAIN_TURNS = [
  z.strictObject({ kind: z.literal("answer"), value: z.unknown(), usage: usage.exactOptional() }),
  z.strictObject({ kind: z.literal("prose"), text: z.string(), usage: usage.exactOptional() }),
  z.strictObject({ kind: z.literal("broken"), value: z.unknown(), usage: usage.exactOptional() }),
  z.strictObject({ kind: z.literal("refusal"), text: z.string().exactOptional(), usage: usage.exactOptional() }),
  z.strictObject({
    kind: z.literal("tools"),
    calls: z.array(call).min(1).max(50),
    text: z.string().exactOptional(),
    usage: usage.exactOptional(),
  }),
  z.strictObject({ kind: z.literal("timeout") }),
  z.strictObject({ kind: z.literal("stall"), text: z.string().exactOptional() }),
  z.strictObject({ kind: z.literal("drop"), text: z.string().exactOptional() }),
  z.strictObject({
    kind: z.literal("http"),
    status: z.int().min(400).max(599),
    retryAfter: z.number().min(0).exactOptional(),
    message: z.string().exactOptional(),
    type: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal("cut"), text: z.string(), usage: usage.exactOptional() }),
  z.strictObject({ kind: z.literal("trickle"), ms, text: z.string() }),
] as const;
const plain = z.discriminatedUnion("kind", PLAIN_TURNS);
const turn = z.discriminatedUnion("kind", [...PLAIN_TURNS, z.strictObject({ kind: z.literal("slow"), ms, turn: plain })]);

const pattern = z.string().superRefine((text, context) => {
  try {
    new RegExp(text, "i");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
});
const number = z.int().min(1);

const condition = z.strictObject({
  request: z.union([number, z.array(number).min(1)]).exactOptional(),
  api: z.enum(["chat", "responses", "messages"]).exactOptional(),
  system: pattern.exactOptional(),
  prompt: pattern.exactOptional(),
  offers: z.string().nullable().exactOptional(),
  after: z.string().nullable().exactOptional(),
  result: pattern.exactOptional(),
});

const rule = z.strictObject({
  when: condition.exactOptional(),
  do: z.union([turn, z.array(turn).min(1)]),
  times: z.int().min(1).exactOptional(),
});

export const turnList = z.array(turn);
export const scriptObject = z.strictObject({
  rules: z.array(rule).max(1_000),
  otherwise: z.union([z.literal("shipped"), z.literal("error"), turn]).exactOptional(),
});
