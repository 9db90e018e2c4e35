import type { AssetId } from "../protocols/effects.ts";
import type { Intent, Observation } from "../venues/venue.ts";
import type { ToolContext } from "./tool-context.ts";

/** How a venue's things are called by those who use tools. */
export interface VenueWords<I extends Intent = Intent, S extends Observation = Observation> {
  /** An intent from its type and parameters as users write them. @throws {IntentError} @throws {ToolError} */
  intentOf(type: string, params: Readonly<Record<string, unknown>>, context: ToolContext<I, S>): I;
  /** "swap 5 USDC for WETH". */
  describe(intent: I): string;
  /** The tool that does nothing else than this intent. Null: there is none. */
  toolOf(intent: I): string | null;
  /** @throws {ToolError} token_not_allowed, chain_not_allowed. */
  assetOf(name: string, chain: string | undefined, context: ToolContext<I, S>, seen: S): AssetId;
}
