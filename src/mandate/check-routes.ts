import type { ChainLabel } from "../protocols/effects.ts";
import type { ChainBook } from "./book.ts";
import type { Finding } from "./finding.ts";
import type { Path } from "./read-yaml.ts";
import { didYouMean } from "./suggest.ts";
import { WARP_ROUTE } from "./warp-routes.ts";

const MAILBOX = "hyperlane-mailbox";

/** Whether a router is the contract of the token that it sends: a synthetic. */
export function isOwnToken({ assets, contracts }: ChainBook, label: string): boolean {
  const contract = contracts[label];
  return contract?.kind === WARP_ROUTE && assets[contract.token ?? ""]?.address === contract.address;
}

/** What does not fit together in the warp routes of a network. */
export function routeFindings(chains: Readonly<Record<ChainLabel, ChainBook>>, at: Path): readonly Finding[] {
  const found: Finding[] = [];
  const domains = new Map<number, string>();
  for (const [chain, book] of Object.entries(chains)) {
    for (const [label, contract] of Object.entries(book.contracts)) {
      const here = [...at, chain, "contracts", label];
      const say = (path: readonly string[], message: string, remedy: string) =>
        found.push({ path: [...here, ...path], part: "value", code: "BAD_VALUE", message, remedy });
      if (contract.kind === MAILBOX && contract.domain !== undefined) {
        const other = domains.get(contract.domain);
        if (other !== undefined && other !== chain) {
          say(["domain"], `domain ${contract.domain} is ${other}'s already`, "Each chain has a domain of its own.");
        }
        domains.set(contract.domain, chain);
      }
      if (contract.kind !== WARP_ROUTE) continue;
      const { token = "", mailbox = "", to = {} } = contract;
      const symbols = [...Object.keys(book.assets), book.native.symbol];
      if (token !== "" && !symbols.includes(token)) {
        const remedy = didYouMean(token, symbols, `Name an asset of ${chain}: ${symbols.join(", ")}.`);
        say(["token"], `${token} is no asset of ${chain}`, remedy);
      }
      const boxes = labelsOf(book, MAILBOX);
      if (mailbox !== "" && !boxes.includes(mailbox)) {
        const remedy = didYouMean(mailbox, boxes, `Add it to the contracts of ${chain}: { kind: ${MAILBOX}, address, domain }.`);
        say(["mailbox"], `${mailbox} is no mailbox of ${chain}`, remedy);
      }
      for (const [other, router] of Object.entries(to)) {
        const there = chains[other];
        if (!there || other === chain) {
          const others = Object.keys(chains).filter((name) => name !== chain);
          const remedy = didYouMean(other, others, `Other chains of the network: ${others.join(", ") || "none"}.`);
          say(["to", other], `${other} is no other chain of the network`, remedy);
          continue;
        }
        const routers = labelsOf(there, WARP_ROUTE);
        if (routers.includes(router)) continue;
        const remedy = didYouMean(router, routers, `Routers of ${other}: ${routers.join(", ") || "none"}.`);
        say(["to", other], `${router} is no warp route of ${other}`, remedy);
      }
    }
  }
  return found;
}

function labelsOf({ contracts }: ChainBook, kind: string): readonly string[] {
  return Object.keys(contracts).filter((label) => contracts[label]?.kind === kind);
}
