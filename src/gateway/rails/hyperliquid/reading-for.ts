import type { Request } from "../../contract.ts";
import { couldReduce } from "./could-reduce.ts";
import type { HyperliquidRail } from "./hyperliquid-rail.ts";
import type { Reading } from "./venue-reads.ts";

/** Lets what is asked of exchanges during `work` count for whoever it is asked for. */
export function readingFor<T>(rails: Iterable<HyperliquidRail>, reading: Reading, work: () => Promise<T>): Promise<T> {
  return [...rails].reduce<() => Promise<T>>((inner, rail) => () => rail.reads.during(reading, inner), work)();
}

/** What a request is to its exchange before anything is read: what may get home, or anything else. */
export function readingOf({ actions }: Pick<Request, "actions">): "exit" | "request" {
  return actions.every((action) => action.rail === "hyperliquid" && couldReduce(action.action)) ? "exit" : "request";
}
