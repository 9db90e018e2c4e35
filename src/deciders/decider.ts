import type { Json } from "../core/json.ts";
import type { GatewayState, Note, Outcome } from "../gateway/contract.ts";
import type { Targets } from "../planning/targets.ts";
import type { Intent, Observation } from "../venues/venue.ts";

/** What a decider wants done, and why. `strategy` is the one that it follows, by id, where it follows one. */
export type Decision<I extends Intent = Intent> =
  /** Nothing. `code` names what went wrong where the decider could not decide; null: it chose to hold. */
  | { readonly kind: "hold"; readonly why: string; readonly code: string | null; readonly strategy?: string }
  | { readonly kind: "targets"; readonly targets: Targets; readonly why: string; readonly strategy?: string }
  | { readonly kind: "intents"; readonly intents: readonly [I, ...I[]]; readonly why: string; readonly strategy?: string }
  /** It was done already, by the hands or through the gateway's own endpoint. `code` as of a hold: what cut it short. */
  | { readonly kind: "acted"; readonly why: string; readonly code: string | null; readonly strategy?: string };

/** Something that a decider does while it decides, for people who watch. Never on record: its notes are. */
export type DeciderStep =
  | { readonly kind: "says"; readonly text: string }
  | { readonly kind: "calls"; readonly tool: string; readonly args: Json }
  | { readonly kind: "answered"; readonly tool: string; readonly status: string; readonly explanation: string };

/** What a decider may use while it decides. */
export interface Hands<I extends Intent = Intent> {
  /** Compile, request, settle: the one road. Outcomes in the intents' order; it ends early where nothing more may be sent. */
  act(intents: readonly I[]): Promise<readonly Outcome[]>;
  /** Puts something on the record before anything is done about it. */
  note(notes: readonly Note[]): Promise<void>;
  readonly state: GatewayState;
  /** What of earlier cycles was settled when this one began. Left out: nothing. */
  readonly settled?: readonly Outcome[];
  /** Why it is asked now. */
  readonly because?: string;
  /** Verdicts instead of signatures: `act` does nothing. */
  readonly dryRun?: boolean;
  /** Shows people what is being done. */
  readonly tell?: (step: DeciderStep) => void;
  readonly signal?: AbortSignal;
}

/** From what is seen to what is wanted. Rejects for nothing that a model does; gateway errors pass through. */
export interface Decider<I extends Intent = Intent, S extends Observation = Observation> {
  decide(seen: S, hands: Hands<I>): Promise<Decision<I>>;
}
