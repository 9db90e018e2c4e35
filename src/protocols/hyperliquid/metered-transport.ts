import { HttpRequestError } from "@nktkas/hyperliquid";
import type { Clock } from "../../core/clock.ts";
import type { InfoTransport } from "./info-client.ts";
import { weightOfInfo } from "./request-weights.ts";
import type { WeightMeter } from "./weight-meter.ts";

/**
 * Asks no more than the meter's share for agents has room for, and waits where it has none: whoever else asks from the same
 * address keeps the rest. What a long answer weighs beside its question is counted once it is there.
 */
export function meteredTransport(
  ask: InfoTransport,
  { meter, clock }: { readonly meter: WeightMeter; readonly clock: Clock },
): InfoTransport {
  return async (question) => {
    const type = String(question.type);
    const weight = weightOfInfo(type);
    for (;;) {
      const again = meter.take(await clock.now(), weight, "agent");
      if (again === null) break;
      await clock.sleep(again);
    }
    try {
      const answer = await ask(question);
      const extra = Array.isArray(answer) ? weightOfInfo(type, answer.length) - weight : 0;
      if (extra > 0) meter.add(await clock.now(), extra);
      return answer;
    } catch (error) {
      if (error instanceof HttpRequestError && error.response?.status === 429) meter.refused(await clock.now());
      throw error;
    }
  };
}
