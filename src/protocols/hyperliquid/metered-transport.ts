import type { Clock } from "../../core/clock.ts";
import { type InfoTransport, statusOf } from "./info-client.ts";
import { weightOfInfo } from "./request-weights.ts";
import type { WeightMeter } from "./weight-meter.ts";

/**
 * Asks no more than the meter's share for agents has room for, and waits where it has none: whoever else asks from the same
 * address keeps the rest. What a long answer weighs beside its question is counted once it is there.
 *
 * What waits when the venue refuses or does not answer fails with that: the look that it belongs to is over, and it would
 * ask in vain a minute later, and keep a process alive until then.
 */
export function meteredTransport(
  ask: InfoTransport,
  { meter, clock }: { readonly meter: WeightMeter; readonly clock: Clock },
): InfoTransport {
  let waiting = new AbortController();
  return async (question) => {
    const type = String(question.type);
    const weight = weightOfInfo(type);
    const { signal } = waiting;
    for (;;) {
      const again = meter.take(await clock.now(), weight, "agent");
      if (again === null) break;
      signal.throwIfAborted();
      await clock.sleep(again, signal);
      signal.throwIfAborted();
    }
    try {
      const answer = await ask(question);
      const extra = Array.isArray(answer) ? weightOfInfo(type, answer.length) - weight : 0;
      if (extra > 0) meter.add(await clock.now(), extra);
      return answer;
    } catch (error) {
      const status = statusOf(error);
      if (status === 429) meter.refused(await clock.now());
      if (status === 429 || status === undefined) {
        waiting.abort(error);
        waiting = new AbortController();
      }
      throw error;
    }
  };
}
