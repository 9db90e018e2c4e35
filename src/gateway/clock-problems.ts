import { type Instant, isoTime, MINUTE } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Rails } from "./wallet-context.ts";

/** How far an exchange's time may be from the clock's. */
const LEEWAY = MINUTE;

/** Why the time that a clock tells is not what every chain and exchange says, one that cannot be asked included. */
export async function clockProblems({ rails, exchanges }: Rails, now: Instant): Promise<readonly string[]> {
  const asked = [
    ...[...rails.values()].map(async (rail) => (await rail.clockProblems(now)).map(({ what }) => `${rail.chain}: ${what}`)),
    ...[...exchanges.values()].map(async (rail) => {
      const told = await rail.venueNow();
      return Math.abs(told - now) <= LEEWAY ? [] : [`${rail.label} says that it is ${isoTime(told)}`];
    }),
  ];
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) =>
    answer.status === "fulfilled" ? answer.value : [`its time cannot be asked: ${messageOf(answer.reason)}`],
  );
}
