import type { Terms } from "../../mandate/terms.ts";
import { toolAllowed } from "../../mandate/tool-allowed.ts";
import type { Skill } from "./skill.ts";

/** What a shipped skill needs of the book; the others need nothing. */
const NEEDS: Readonly<Record<string, (terms: Terms) => boolean>> = {
  swap: (terms) => hasContract(terms, "uniswap-v3-router02"),
  "manage-lp": (terms) => hasContract(terms, "uniswap-v3-positions"),
  vault: ({ book, limits }) =>
    Object.values(book.chains).some(({ assets }) =>
      Object.entries(assets).some(([symbol, { kind }]) => kind === "erc4626" && limits.allowed_tokens.includes(symbol)),
    ),
};

/** Skills that this mandate has a use for, and whose tools it allows. */
export function offeredSkills(skills: readonly Skill[], terms: Terms): readonly Skill[] {
  return skills.filter(
    ({ name, origin, allowedTools }) =>
      allowedTools.every((tool) => toolAllowed(terms.limits, tool)) &&
      (origin === "own" || !Object.hasOwn(NEEDS, name) || NEEDS[name]?.(terms) === true),
  );
}

function hasContract({ book, limits }: Terms, kind: string): boolean {
  return Object.values(book.chains).some(({ contracts }) =>
    Object.entries(contracts).some(([label, one]) => one.kind === kind && limits.allowed_contracts.includes(label)),
  );
}
