import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readSkill, type Skill } from "./skill.ts";

/** The skills that come with the package, and what their scripts share. */
export const SKILLS_FOLDER = join(import.meta.dirname, "..", "..", "..", "skills");

/** A file of a skill's folder, by its path in it. */
export interface SkillFile {
  readonly path: string;
  readonly text: string;
  readonly executable: boolean;
}

/** Skills that ship, by name. */
export function shippedSkills(folder = SKILLS_FOLDER): readonly Skill[] {
  return readdirSync(folder).flatMap((name) => {
    if (name === "lib") return [];
    return readSkill(readFileSync(join(folder, name, "SKILL.md"), "utf8"), name, "shipped") ?? [];
  });
}

/** Every file of one of them, or of "lib". */
export function shippedFiles(name: string, folder = SKILLS_FOLDER): readonly SkillFile[] {
  return readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((path) => ({
      path: path.slice(join(folder, name).length + 1),
      text: readFileSync(path, "utf8"),
      executable: path.includes("/scripts/"),
    }));
}
