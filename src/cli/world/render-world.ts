import { printable } from "../../mandate/render-problem.ts";
import type { AboutWorld } from "./open-world.ts";

/** What a user of a world is told, as text. */
export function renderWorld({
  url,
  chain_id,
  accounts,
  addresses,
  fork_of,
  seed,
}: AboutWorld & { readonly url: string }): string {
  return [
    `${url}   chain ${chain_id}   ${fork_of === null ? `seed ${printable(seed ?? "")}` : `fork of ${printable(fork_of)}`}`,
    "",
    "throwaway accounts (their keys are public: never send them anything of worth)",
    ...accounts.flatMap(({ name, address, private_key, holds }) => [
      `  ${name.padEnd(8)}${address}   ${Object.entries(holds)
        .map(([symbol, amount]) => `${amount} ${symbol}`)
        .join(", ")}`,
      `  ${"".padEnd(8)}${private_key}`,
    ]),
    ...(addresses === null ? [] : ["", ...sections(addresses)]),
    "",
    "Ctrl-C ends it.",
  ].join("\n");
}

function sections(addresses: object): readonly string[] {
  return Object.entries(addresses).flatMap(([group, named]) => [
    group,
    ...Object.entries(named as Readonly<Record<string, string | { readonly address: string }>>).map(
      ([name, found]) => `  ${name.padEnd(18)}${typeof found === "string" ? found : found.address}`,
    ),
  ]);
}
