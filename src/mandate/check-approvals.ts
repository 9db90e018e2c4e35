import { functionsOf } from "../protocols/raw-arguments.ts";
import { SIGNATURE_TYPES } from "../protocols/signatures/signature-types.ts";
import type { ChainBook } from "./book.ts";
import type { Finding } from "./finding.ts";
import { didYouMean } from "./suggest.ts";
import type { Terms } from "./terms.ts";

/** What `require_human_approval_for` names that nothing of the network has: nobody would ever be asked. */
export function checkApprovals({ limits }: Terms, chains: readonly ChainBook[]): readonly Finding[] {
  const named = limits.require_human_approval_for;
  const known = chains
    .flatMap(({ contracts, assets }) => [...Object.entries(contracts), ...Object.entries(assets)])
    .flatMap(([label, { kind }]) => [...(functionsOf(kind) ?? []), ...messagesOf(kind)].map((name) => `${label}.${name}`));
  return named.flatMap((name, i): readonly Finding[] => {
    const here = { path: ["limits", "require_human_approval_for", i], part: "value" } as const;
    if (named.indexOf(name) < i) {
      return [{ ...here, code: "DUPLICATE_VALUE", message: `${name} is named twice`, remedy: "Name it once." }];
    }
    if (known.includes(name)) return [];
    const [label] = name.split(".");
    const near = known.filter((one) => one.startsWith(`${label}.`));
    const remedy = didYouMean(
      name,
      known,
      `Name a contract or an asset and its function: ${(near[0] ? near : known).slice(0, 8).join(", ")}.`,
    );
    return [{ ...here, code: "UNKNOWN_FUNCTION", message: `nothing of the network has the function ${name}`, remedy }];
  });
}

function messagesOf(kind: string | undefined): readonly string[] {
  const ofPermit2 = kind === "permit2";
  if (!ofPermit2 && !["erc20", "weth9", "erc4626"].includes(kind ?? "")) return [];
  return SIGNATURE_TYPES.flatMap(({ name, standard }) => ((standard === "permit2") === ofPermit2 ? [name] : []));
}
