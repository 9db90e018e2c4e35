import type { HomeEvent, HomeReport } from "../../agent/bring-home.ts";
import { printable } from "../../mandate/render-problem.ts";
import { change, symbolOf } from "../journal/pick.ts";

/** What one step of the way home came to. */
export function renderHomeEvent(event: HomeEvent): string {
  const symbol = printable(symbolOf(event.asset));
  if (event.kind === "refused") return `refused   ${symbol}  ${printable(event.why)}`;
  const { outcome } = event;
  if (outcome.kind === "refused") return `refused   ${symbol}`;
  const moved = outcome.done.map(({ asset, amount }) => `${change(amount)} ${printable(symbolOf(asset))}`).join(", ");
  return `${event.kind.padEnd(9)} ${symbol}  ${outcome.kind}  ${moved}`;
}

/** Whether it is home, and what is not. */
export function renderHome({ cash_share, home, exits, left }: HomeReport): string {
  const share = cash_share === null ? "an unknown share" : `${cash_share.times(100).toDecimalPlaces(2).toFixed()} %`;
  return [
    `${home ? "home" : "NOT home"}: ${share} in cash after ${exits} exits; the wallet stays frozen`,
    ...left.map(({ asset, why }) => `left  ${printable(symbolOf(asset))}  ${printable(why)}`),
  ].join("\n");
}
