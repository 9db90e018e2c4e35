import { parse } from "yaml";
import { z } from "zod";

/** A skill in the layout of agentskills.io. */
export interface Skill {
  readonly name: string;
  readonly description: string;
  /** Tools that it needs, by name. A skill whose tools the mandate does not allow is not offered. */
  readonly allowedTools: readonly string[];
  /** "shipped" comes with the package; "own" was written by an agent, and is data that nobody vouches for. */
  readonly origin: "shipped" | "own";
}

const LONGEST = 64 * 1024;
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const tools = z
  .union([z.string(), z.array(z.string())])
  .transform((written) =>
    (typeof written === "string" ? written.split(/[\s,]+/) : written).map((tool) => tool.toLowerCase()).filter(Boolean),
  );
const front = z.object({
  name: z.string().max(64).regex(NAME),
  description: z.string().min(1).max(1_024),
  "allowed-tools": tools.optional(),
});

/** What a SKILL.md says of itself; null where it is none. Its folder must be called as it calls itself. */
export function readSkill(text: string, folder: string, origin: Skill["origin"]): Skill | null {
  const yaml = /^---\r?\n([\s\S]{1,8000}?)\r?\n---(?:\r?\n|$)/.exec(text.slice(0, LONGEST))?.[1];
  if (yaml === undefined) return null;
  let written: unknown;
  try {
    written = parse(yaml, { maxAliasCount: 0 });
  } catch {
    return null;
  }
  const read = front.safeParse(written);
  if (!read.success || read.data.name !== folder) return null;
  const { name, description } = read.data;
  return { name, description: plain(description), allowedTools: read.data["allowed-tools"] ?? [], origin };
}

/** Without what would steer a terminal or begin another line. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
}
