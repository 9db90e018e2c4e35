import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Instant } from "../../core/clock.ts";
import { MandateError } from "../../core/errors.ts";
import { canonicalJson } from "../../core/json.ts";
import { JournalLockedError } from "../../journal/journal.ts";
import { type FileLock, takeLock } from "../../journal/lock-file.ts";

/** The file of an agent's tokens, beside the journal. */
export const TOKENS_FILE = "tokens.json";

/** A token as it is kept: never the token itself. */
export interface AgentToken {
  /** Whose it is. Unique among the tokens of a gateway. */
  readonly agent: string;
  /** SHA-256 of the token. It has 256 bits of chance in it, so that nothing slower is needed. */
  readonly sha256: string;
  readonly made: Instant;
}

export class TokenError extends MandateError {
  constructor(
    code: "TOKENS_UNREADABLE" | "TOKENS_BUSY" | "TOKEN_EXISTS" | "UNKNOWN_TOKEN" | "BAD_TOKEN_NAME",
    message: string,
    remedy: string,
    cause?: unknown,
  ) {
    super(code, message, { remedy, cause });
  }
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;
const file = z.strictObject({
  version: z.literal(1),
  tokens: z.array(
    z.strictObject({ agent: z.string().regex(NAME), sha256: z.string().regex(/^[0-9a-f]{64}$/), made: z.number().int() }),
  ),
});

/** The tokens of a gateway's home, oldest first. None yet: an empty list. @throws {TokenError} TOKENS_UNREADABLE */
export function readTokens(home: string): readonly AgentToken[] {
  const path = join(home, TOKENS_FILE);
  try {
    return file.parse(JSON.parse(readFileSync(path, "utf8"))).tokens;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new TokenError("TOKENS_UNREADABLE", `${path} cannot be read`, "Delete it, and make the tokens anew.", error);
  }
}

/** Makes an agent's token. It is shown this once. @throws {TokenError} */
export function addToken(home: string, agent: string, now: Instant): string {
  if (!NAME.test(agent)) {
    throw new TokenError(
      "BAD_TOKEN_NAME",
      `${JSON.stringify(agent)} is no name for an agent`,
      "Use letters, digits, dots and dashes.",
    );
  }
  return alone(home, () => {
    const tokens = readTokens(home);
    if (tokens.some((known) => known.agent === agent)) {
      throw new TokenError("TOKEN_EXISTS", `${agent} has a token`, `Rotate or revoke it: mandate tokens rotate FILE ${agent}`);
    }
    return issue(home, tokens, agent, now);
  });
}

/** Replaces an agent's token: the old one is refused from now on. @throws {TokenError} */
export function rotateToken(home: string, agent: string, now: Instant): string {
  return alone(home, () => issue(home, without(home, agent), agent, now));
}

/** Refuses an agent's token from now on. @throws {TokenError} */
export function revokeToken(home: string, agent: string): void {
  alone(home, () => write(home, without(home, agent)));
}

/**
 * Whose token it is; null: nobody's. Takes the same time for every token that is not one.
 *
 * The file is looked at each time, so that a revoked token is refused by a gateway that runs.
 */
export function tokenChecker(home: string): (token: string) => string | null {
  let stamp = "";
  let tokens: readonly AgentToken[] = [];
  return (token) => {
    const now = stampOf(join(home, TOKENS_FILE));
    if (now !== stamp) [stamp, tokens] = [now, readTokens(home)];
    const presented = digest(token);
    let owner: string | null = null;
    for (const { agent, sha256 } of tokens) if (timingSafeEqual(presented, Buffer.from(sha256, "hex"))) owner = agent;
    return owner;
  };
}

/** Changes the list while nobody else does: a revocation must not be undone by whoever read the list before it. */
function alone<T>(home: string, change: () => T): T {
  const lock = lockOf(home);
  try {
    return change();
  } finally {
    lock.release();
  }
}

function lockOf(home: string): FileLock {
  try {
    return takeLock(join(home, "tokens.lock"));
  } catch (error) {
    if (!(error instanceof JournalLockedError)) throw error;
    throw new TokenError("TOKENS_BUSY", "another command changes the tokens just now", "Do it again.", error);
  }
}

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found ? `${found.ino} ${found.mtimeNs} ${found.size}` : "";
}

function without(home: string, agent: string): readonly AgentToken[] {
  const tokens = readTokens(home);
  const rest = tokens.filter((known) => known.agent !== agent);
  if (rest.length === tokens.length) {
    throw new TokenError("UNKNOWN_TOKEN", `${agent} has no token`, "List them with: mandate tokens list FILE");
  }
  return rest;
}

function issue(home: string, others: readonly AgentToken[], agent: string, made: Instant): string {
  const token = `mandate_${randomBytes(32).toString("base64url")}`;
  write(home, [...others, { agent, sha256: digest(token).toString("hex"), made }]);
  return token;
}

/** Replaced whole, so that a reader sees the old file or the new one. */
function write(home: string, tokens: readonly AgentToken[]): void {
  const path = join(home, TOKENS_FILE);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(next, `${canonicalJson({ version: 1, tokens })}\n`, { mode: 0o600 });
  renameSync(next, path);
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
