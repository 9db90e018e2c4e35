import { isoTime } from "../../core/clock.ts";
import { toJson } from "../../core/json.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import { renderLimit } from "../render-verdict.ts";
import type { ToolContext } from "../tool-context.ts";

/** What can be read without calling a tool. */
export const RESOURCES = [
  {
    uri: "mandate://mandate",
    name: "mandate",
    title: "The mandate",
    description: "Strategy in prose, limits, accounts and the network's book",
    mimeType: "application/json",
  },
  {
    uri: "mandate://limits",
    name: "limits",
    title: "Limits and what is left",
    description: "Every limit, and what is left of each budget now",
    mimeType: "application/json",
  },
  {
    uri: "mandate://positions",
    name: "positions",
    title: "Positions",
    description: "What is held, at pinned prices",
    mimeType: "application/json",
  },
  {
    uri: "mandate://verdicts",
    name: "verdicts",
    title: "Recent verdicts",
    description: "Outcomes and refusals of the last cycles, and questions to the operator",
    mimeType: "application/json",
  },
] as const;

/** A resource's text, JSON. Null: there is none of that name. */
export async function readResource<I extends Intent, S extends Observation>(
  uri: string,
  context: ToolContext<I, S>,
): Promise<string | null> {
  const found = RESOURCES.find((one) => one.uri === uri);
  return found ? JSON.stringify(toJson(await contentOf(found.uri, context)), null, 2) : null;
}

async function contentOf<I extends Intent, S extends Observation>(
  uri: (typeof RESOURCES)[number]["uri"],
  { mandate, gateway, wallet, venue }: ToolContext<I, S>,
): Promise<object> {
  const { terms, brief } = mandate;
  switch (uri) {
    case "mandate://mandate": {
      const { id, network, numeraire, accounts, book, limits } = terms;
      return {
        id,
        title: brief.title,
        strategy: brief.prose,
        network,
        numeraire,
        accounts,
        book: withoutEndpoints(book),
        limits,
      };
    }
    case "mandate://limits": {
      const state = await gateway.state(wallet);
      return { at: isoTime(state.now), limits: terms.limits, left: state.budgets.map(renderLimit), stopped: state.stopped };
    }
    case "mandate://positions": {
      const { at, value_usd, holdings, unknowns } = await venue.observe();
      return { at: isoTime(at), value_usd, holdings, unknowns };
    }
    case "mandate://verdicts": {
      const { recent, open, permits } = await gateway.state(wallet);
      return {
        recent: recent.map(({ cycle, at, kind, codes }) => ({ cycle, at: isoTime(at), kind, codes })),
        open,
        permits: permits.map(({ id, status, calls, until }) => ({ id, status, calls, until: isoTime(until) })),
      };
    }
  }
}

/** Endpoints may have keys in them. */
function withoutEndpoints({ chains }: ToolContext["mandate"]["terms"]["book"]): object {
  return Object.fromEntries(Object.entries(chains).map(([label, { rpc: _, witnesses: __, ...chain }]) => [label, chain]));
}
