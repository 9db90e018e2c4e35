import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Clock, MINUTE, systemClock } from "../core/clock.ts";
import type { Decider } from "../deciders/decider.ts";
import type { Toolset } from "../deciders/loop/loop-decider.ts";
import type { Gateway, WalletId } from "../gateway/contract.ts";
import type { Entry } from "../journal/journal.ts";
import { openJournalReader } from "../journal/sqlite/open-journal-reader.ts";
import type { ToolModel } from "../llm/model-turn.ts";
import type { Mandate } from "../mandate/terms.ts";
import { fileStateStore } from "../tools/file-state-store.ts";
import { toolCallsSince } from "../tools/tool-calls-since.ts";
import type { Intent, Observation, Venue } from "../venues/venue.ts";

/** Where an agent's saved state is, beside the journal. */
export const AGENT_STATE = "agent-state.json";
/** An agent's own folder, beside the journal. */
const WORKSPACE = "workspace";
/** Entries of a stream that a workspace's snapshot is made of at most. */
const NEWEST = 5_000;

export interface OpenLoopParameters<I extends Intent, S extends Observation> {
  readonly mandate: Mandate;
  readonly model: ToolModel;
  readonly venue: Venue<I, S>;
  readonly toolset: Toolset<I, S>;
  readonly gateway: Gateway;
  readonly wallet: WalletId;
  readonly clock: Clock;
  /** Folder of the agent's state and its workspace; the journal's own, where that can be read. */
  readonly home: string;
  /** Path of the socket where the gateway serves JSON-RPC, for commands. Null: typed tools only. */
  readonly rpc: string | null;
}

export interface OpenedLoop<I extends Intent, S extends Observation> {
  readonly decider: Decider<I, S>;
  close(): Promise<void>;
}

/**
 * A model with tools, with what it keeps between cycles and, where `rpc` is given, with commands in a sandbox.
 *
 * @throws {SandboxError} where commands are wanted and no sandbox can be made, with the line that installs one.
 */
export async function openLoop<I extends Intent, S extends Observation>(
  parameters: OpenLoopParameters<I, S>,
): Promise<OpenedLoop<I, S>> {
  const { mandate, home, rpc, wallet, clock } = parameters;
  // What works with tools is a third of all that an agent may load: a mandate that decides otherwise does without.
  const [{ loopDecider }, { openLoopShell }] = await Promise.all([
    import("../deciders/loop/loop-decider.ts"),
    import("../deciders/loop/loop-shell.ts"),
  ]);
  const entries = () => newestEntries(join(home, "journal.sqlite"), wallet);
  const shell =
    rpc === null
      ? null
      : await openLoopShell({
          mandate,
          folder: join(home, WORKSPACE),
          chains: Object.fromEntries(Object.keys(mandate.terms.book.chains).map((chain) => [chain, `unix:${rpc}:/rpc/${chain}`])),
          clock: systemClock,
          entries,
        });
  const calledAt = toolCallsSince(await entries(), (await clock.now()) - MINUTE);
  const decider = loopDecider<I, S>({
    ...parameters,
    store: fileStateStore(join(home, AGENT_STATE)),
    calledAt,
    ...(shell ? { shell } : {}),
  });
  return { decider, close: async () => await shell?.close() };
}

/** Whether a mandate's agent runs commands, if it is let. Where strategies bind what is sent on chains it is not: no command is held to them. */
export function wantsShell({ brief, terms }: Pick<Mandate, "brief" | "terms">, shell = true): boolean {
  const unheld = brief.strategies !== undefined && Object.keys(terms.book.chains).length > 0;
  return brief.decider === "loop" && shell && brief.shell !== "off" && !unheld;
}

/** None where there is no journal yet, or it is another user's. */
async function newestEntries(path: string, wallet: WalletId): Promise<readonly Entry[]> {
  if (!existsSync(path)) return [];
  const journal = await openJournalReader(path);
  try {
    const { seq } = await journal.head(wallet);
    const entries: Entry[] = [];
    for await (const entry of journal.read(wallet, Math.max(0, seq - NEWEST))) entries.push(entry);
    return entries;
  } finally {
    await journal.close();
  }
}
