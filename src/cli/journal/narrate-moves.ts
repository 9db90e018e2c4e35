import { isoTime } from "../../core/clock.ts";
import type { Json } from "../../core/json.ts";
import { dollars } from "../../mandate/dollars.ts";
import { amount, pick, symbolOf, text } from "./pick.ts";

/** What a request does at an exchange, as people read it: "buy 0.01 BTC:perp at $100500 or better, reduce-only". */
export function narrateMoves(moves: readonly Json[]): string {
  return moves
    .map(narrateMove)
    .filter((told) => told !== "")
    .join(", ");
}

function narrateMove(move: Json): string {
  const market = symbolOf(text(move, "asset"));
  switch (text(move, "do")) {
    case "order":
      return narrateOrder(pick(move, "order"));
    case "replace":
      return `in place of another ${narrateOrder(pick(move, "order"))}`;
    case "cancel":
      return pick(move, "protective") === true ? "cancel what protects a position" : "cancel an order";
    case "leverage": {
      const mode = pick(move, "isolated") === true ? "isolated" : "cross";
      return `${market} on ${amount(move, "leverage")?.toFixed() ?? "?"} times ${mode} margin`;
    }
    case "margin": {
      const usd = amount(move, "usd");
      return usd?.isNegative()
        ? `${dollars(usd.abs())} of margin out of ${market}`
        : `${usd ? dollars(usd) : "?"} of margin into ${market}`;
    }
    case "transfer": {
      const usd = amount(move, "usd");
      return `${usd ? dollars(usd) : "?"} to ${text(move, "to") === "spot" ? "spot" : "perpetuals"}`;
    }
    case "schedule-cancel": {
      const at = pick(move, "at");
      return typeof at === "number" ? `cancel all that rests at ${isoTime(at)}` : "no cancel at a set time any more";
    }
    default:
      return "";
  }
}

function narrateOrder(order: Json | undefined): string {
  const trigger = amount(order, "trigger", "price");
  const kind = text(order, "trigger", "kind") === "tp" ? "take-profit" : "stop";
  return [
    `${text(order, "side")} ${amount(order, "size")?.toFixed() ?? "?"} ${symbolOf(text(order, "asset"))} at $${amount(order, "price")?.toFixed() ?? "?"} or better`,
    trigger ? `${kind} at $${trigger.toFixed()}` : "",
    pick(order, "reduceOnly") === true ? "reduce-only" : "",
    pick(order, "rests") === true && !trigger ? "may rest" : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}
