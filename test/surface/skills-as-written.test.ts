import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SKILLS_FOLDER, shippedSkills } from "../../src/tools/skills/shipped-skills.ts";
import { prepareWorkspace } from "../../src/tools/workspace/prepare-workspace.ts";
import { FULL_BOOK } from "../effects/support/full-book.ts";
import { openSandboxHouse, type SandboxHouse } from "../sandbox/support/sandbox-house.ts";
import { standingOf } from "../support/standing.ts";

let house: SandboxHouse;
beforeAll(async () => {
  // The floor that skills ask for is just what this mandate lets pass.
  const limits = { allowed_tokens: ["WETH", "USDC", "ETH", "vUSDC"], max_single_trade_usd: 2_000, max_slippage_bps: 50 };
  house = await openSandboxHouse({ book: FULL_BOOK, limits });
  prepareWorkspace({ mandate: house.endpoint.house.mandate, folder: house.workspace, ours: true, entries: [] });
});
afterAll(() => house[Symbol.asyncDispose]());

/** The lines that a skill tells its reader to type. */
function commandsOf(name: string): readonly string[] {
  const text = readFileSync(join(SKILLS_FOLDER, name, "SKILL.md"), "utf8");
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) => block.split("\n").filter(Boolean));
}

/** The number that stands for the position's id in the text. */
const ID_AS_WRITTEN = / 7(?=\s|$)/;

test.each(shippedSkills().map(({ name }) => name))(
  "every command of the skill %s does what it says when it is typed as it is written",
  async (name) => {
    const commands = commandsOf(name);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const { stdout } = ID_AS_WRITTEN.test(command)
        ? await house.sh(".agents/skills/manage-lp/scripts/lp.sh list | jq -r .id")
        : { stdout: "" };
      const ran = await house.sh(ID_AS_WRITTEN.test(command) ? command.replace(ID_AS_WRITTEN, ` ${stdout.trim()}`) : command);
      expect(ran, command).toMatchObject({ exit: 0, stderr: "" });
    }
    expect(await standingOf(house.endpoint.house)).toMatchObject({ journalHolds: true, signed: 0 });
  },
);
