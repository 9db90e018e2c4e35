import { toJson } from "../core/json.ts";
import type { Note } from "../gateway/contract.ts";
import type { ModelCall, RecordReservation } from "../llm/model-port.ts";

/** One request to a model, as it goes on record. */
export function callNote({ usage, cost_usd, ...call }: ModelCall): Note {
  return { kind: "model-call", ...call, usage: toJson(usage), cost_usd: cost_usd.toFixed() };
}

/** Puts reservations on record by `note`, each under a name that is its own in this process. */
export function reservations(): (note: (notes: readonly Note[]) => Promise<void>) => RecordReservation {
  let made = 0;
  return (note) => async (worst) => {
    made += 1;
    const reservation = String(made);
    await note([{ kind: "model-reserved", reservation, cost_usd: worst.toFixed() }]);
    return reservation;
  };
}
