import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Entry } from "../../journal/journal.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { BudgetLeft } from "../../mandate/verdict.ts";
import { SandboxError } from "../sandbox/sandbox-error.ts";
import { offeredSkills } from "../skills/offered-skills.ts";
import { shippedFiles, shippedSkills } from "../skills/shipped-skills.ts";
import { readSkill, type Skill } from "../skills/skill.ts";
import { agentsFile } from "./agents-file.ts";
import { ManagedFiles } from "./managed-files.ts";
import { emptyNotes, snapshotOf } from "./snapshot.ts";
import { WORKSPACE_MARK, workspaceConfig } from "./workspace-config.ts";

const SKILLS = ".agents/skills";
/** Where other agents' command lines look for skills and for words. */
const LINKS: Readonly<Record<string, string>> = {
  ".pi/skills": "../.agents/skills",
  ".claude/skills": "../.agents/skills",
  "CLAUDE.md": "AGENTS.md",
};
/** The most own skills that are looked at, and the most of each. */
const MOST_SKILLS = 100;
const LONGEST = 64 * 1024;

export interface PrepareWorkspaceParameters {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly folder: string;
  /**
   * The caller made the folder for this, and keeps it where no person's files are: it is taken as it is. Otherwise an
   * agent that removes config.json would be without a workspace from then on.
   */
  readonly ours?: boolean;
  /** The wallet's stream, or its newest part. Left out: the snapshot that is there stays. */
  readonly entries?: readonly Pick<Entry, "seq" | "at" | "kind" | "body">[];
  readonly budgets?: readonly BudgetLeft[];
}

export interface PreparedWorkspace {
  /** Absolute. */
  readonly folder: string;
  /** What an agent is offered: those that ship, and its own. */
  readonly skills: readonly Skill[];
}

/**
 * Writes a workspace, or brings one up to date at the beginning of a cycle: AGENTS.md, config.json, skills, the journal's
 * snapshot. What an agent changed in those is undone; its notes, its files and its own skills stay. No secret is in it.
 *
 * No command of the agent's may run meanwhile.
 *
 * @throws {SandboxError} WORKSPACE_UNUSABLE for a folder that holds something else.
 */
export function prepareWorkspace(parameters: PrepareWorkspaceParameters): PreparedWorkspace {
  const { mandate, entries, budgets } = parameters;
  const folder = resolve(parameters.folder);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const files = new ManagedFiles(folder);
  if (parameters.ours !== true && readdirSync(folder).length > 0 && !isWorkspace(files)) {
    throw new SandboxError("WORKSPACE_UNUSABLE", `${folder} holds something else than a workspace`, {
      remedy: "Give a folder that is empty, or that this command has made.",
    });
  }
  files.write("config.json", `${JSON.stringify(workspaceConfig(mandate), null, 2)}\n`);
  const shipped = offeredSkills(shippedSkills(), mandate.terms);
  for (const name of ["lib", ...shippedSkills().map((skill) => skill.name)]) files.remove(`${SKILLS}/${name}`);
  for (const name of ["lib", ...shipped.map((skill) => skill.name)]) {
    for (const { path, text, executable } of shippedFiles(name)) {
      files.write(`${SKILLS}/${name}/${path}`, text, executable ? 0o755 : 0o644);
    }
  }
  for (const [path, to] of Object.entries(LINKS)) files.link(path, to);
  const skills = [...shipped, ...offeredSkills(ownSkills(folder), mandate.terms)];
  files.write("AGENTS.md", agentsFile({ mandate, skills, ...(budgets ? { budgets } : {}) }));
  if (entries !== undefined || !existsSync(join(folder, "journal.sqlite")))
    files.write("journal.sqlite", snapshotOf(entries ?? []));
  files.give("notes.sqlite", emptyNotes());
  return { folder, skills };
}

/** Skills that an agent wrote into its workspace. They are shown to people, and never taken for those that ship. */
export function ownSkills(folder: string): readonly Skill[] {
  const files = new ManagedFiles(folder);
  if (!files.isFolder(SKILLS)) return [];
  const shipped = new Set(["lib", ...shippedSkills().map(({ name }) => name)]);
  return readdirSync(join(folder, SKILLS))
    .toSorted()
    .slice(0, MOST_SKILLS)
    .filter((name) => !shipped.has(name))
    .flatMap((name) => {
      const text = files.read(`${SKILLS}/${name}/SKILL.md`, LONGEST);
      return text === null ? [] : (readSkill(text, name, "own") ?? []);
    });
}

function isWorkspace(files: ManagedFiles): boolean {
  const text = files.read("config.json", 4 * 1024 * 1024);
  if (text === null) return false;
  try {
    const config: unknown = JSON.parse(text);
    return typeof config === "object" && config !== null && "kind" in config && config.kind === WORKSPACE_MARK;
  } catch {
    return false;
  }
}
