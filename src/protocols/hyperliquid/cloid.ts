import type { Hex } from "../../core/hex.ts";
import { sha256 } from "../../core/json.ts";

/** The client's order id of an action: the same for the same id, so that an order can be looked up by what wanted it. */
export function cloidOf(id: string): Hex {
  return `0x${sha256(`hyperliquid cloid ${id}`).slice(0, 32)}`;
}
