import { isoTime } from "../../core/clock.ts";
import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";
import { shortHex } from "../../core/hex.ts";
import type { Json } from "../../core/json.ts";
import type {
  DispatchedBody,
  HoldingBody,
  ProgressedBody,
  SettledBody,
  SignatureBody,
  WalletEntry,
} from "../../journal/entries.ts";
import type { Entry } from "../../journal/journal.ts";
import { dollars } from "../../mandate/dollars.ts";
import { printable } from "../../mandate/render-problem.ts";
import { narrateNote } from "./narrate-note.ts";
import { narrateVerdict, type Told } from "./narrate-verdict.ts";
import { amount, change, symbolOf, text } from "./pick.ts";
import type { PlacedEntry } from "./place-entries.ts";

export interface NarrateOptions {
  /** Every entry, not only what people ask for first. */
  readonly all: boolean;
}

const VERB = 11;
const CYCLE = 12;
const TIME = 10;

/** Tells entries of one stream in order, with the time and the cycle where they change. What needs no word gives "". */
export function createNarrator({ all }: NarrateOptions): (placed: PlacedEntry) => string {
  let day = "";
  let last = "";
  let shown = 0;
  let spent: Decimal = ZERO;
  return ({ entry, cycle, body }) => {
    const [verb, stored] = [entry.kind, body];
    if (verb === "opened") spent = ZERO;
    if (verb === "noted" && text(stored, "note", "kind") === "model-call") {
      spent = spent.plus(amount(stored, "note", "cost_usd") ?? ZERO);
    }
    const told = tell(entry, stored, { all, spent });
    if (told.length === 0) return "";
    const [date = "", time = ""] = isoTime(entry.at).replace("Z", "").split("T");
    const heading = date === day ? "" : `${day === "" ? "" : "\n"}${date} UTC\n`;
    const clock = time.slice(0, 8);
    const lines = told.map(([name, what], i) => {
      const when = i === 0 && (clock !== last || heading !== "") ? clock : "";
      const which = i === 0 && cycle > 0 && cycle !== shown ? `cycle ${cycle}` : "";
      return `${when.padEnd(TIME)}${which.padEnd(CYCLE)}${name.padEnd(VERB)}${what}`.trimEnd();
    });
    [day, last, shown] = [date, clock, cycle];
    return heading + lines.join("\n");
  };
}

/** Entries as people read them. `stored` is the entry's body with stored parts put in place. */
function tell(entry: Entry, stored: Json, context: { readonly all: boolean; readonly spent: Decimal }): readonly Told[] {
  const { kind, body } = { kind: entry.kind, body: stored } as unknown as WalletEntry;
  const also = (told: Told): readonly Told[] => (context.all ? [told] : []);
  switch (kind) {
    case "pinned":
      return [["pinned", `terms ${body.terms_hash.slice(0, 12)} · holds ${amounts(body.holdings)}`]];
    case "started":
      return [["started", `terms ${body.terms.slice(0, 12)}`]];
    case "opened":
      return also([
        "opened",
        `${body.value_usd === null ? "no value known" : `worth ${dollars(decimal(body.value_usd), "down")}`} · ${amounts(body.holdings)}`,
      ]);
    case "noted":
      return narrateNote(body.note, context);
    case "judged":
      return narrateVerdict(body.verdict, body.facts, body.codes);
    case "reserved":
      return also([
        "reserved",
        `${body.class}: at worst ${dollars(decimal(body.at_worst.spend_usd))} spend, ${dollars(decimal(body.at_worst.loss_usd))} loss`,
      ]);
    case "signed":
      return also([
        "signed",
        body.signature
          ? message(body.signature)
          : body.transactions.map(({ hash, nonce, purpose }) => `${shortHex(hash)} nonce ${nonce} ${purpose}`).join(", "),
      ]);
    case "progressed":
      return [["filled", filled(body)]];
    case "settled":
      return [settled(body)];
    case "stopped":
      return [["STOPPED", `${printable(body.code)}  ${printable(body.reason)}`]];
    case "resumed":
      return [["resumed", printable(body.why)]];
    case "operator":
      return [
        [
          "operator",
          `key ${body.key_hash.slice(0, 12)} ${body.go_live ? "orders the first live start" : body.order ? "takes over" : "is pinned"}`,
        ],
      ];
    case "reopened":
      return [["reopened", `${body.key.slice(0, 12)}  ${printable(body.reason)}`]];
    case "delivered":
      return [["delivered", `message ${body.id.slice(0, 14)} on ${body.chain}, block ${body.block}`]];
    case "asked":
      return [
        ["asks you", `${body.permit}  ${body.calls.map(printable).join("; ")}`],
        [
          "",
          `${dollars(decimal(body.outflow_usd))}, at worst -${dollars(decimal(body.loss_usd))}, until ${isoTime(body.expires)}`,
        ],
      ];
    case "answered":
      return [[body.answer, `${body.permit}  until ${isoTime(body.until)}`]];
    case "armed":
      return body.refused === undefined
        ? also(["armed", `all that rests is cancelled at ${isoTime(body.until)} if no cycle comes`])
        : [["not armed", `no cancel when cycles stop: ${printable(body.refused)}`]];
    case "lapsed":
      return [["lapsed", `${body.permit}  ${printable(body.reason)}`]];
    case "amended":
      return [["amended", `terms ${body.terms_hash.slice(0, 12)}`]];
    case "reconciled":
      return [["reconciled", `${printable(body.why)}${body.closed.length === 0 ? "" : ` · ${body.closed.length} closed`}`]];
    default:
      return [["?", printable(entry.kind)]];
  }
}

/** What has filled so far of orders that still rest. */
function filled({ key, filled: coins, amounts: taken }: ProgressedBody): string {
  const orders = Object.entries(coins).map(
    ([cloid, size]) => `${decimal(size).toFixed()} of order ${shortHex(printable(cloid))}`,
  );
  const counts = `counts as ${dollars(decimal(taken.spend_usd))} spend, ${dollars(decimal(taken.loss_usd))} loss`;
  return `${key.slice(0, 12)}  ${orders.join(", ")}   ${counts}, the rest still rests`;
}

const OUTCOMES = { confirmed: "done", rejected: "failed", released: "dropped", unresolved: "unresolved" } as const;

function settled({ outcome, reason, deltas, transactions, dispatched = [] }: SettledBody): Told {
  const changes = deltas.map((delta) => `${change(decimal(delta.amount))} ${symbolOf(printable(delta.asset))}`).join(", ");
  const hashes = transactions.map(({ hash }) => shortHex(printable(hash))).join(" ");
  return [
    OUTCOMES[outcome],
    [hashes, changes, dispatched.map(underWay).join(", "), reason === null ? "" : printable(reason)]
      .filter((part) => part !== "")
      .join("   "),
  ];
}

function underWay({ amount: units, asset, to }: DispatchedBody): string {
  return `${printable(units)} ${symbolOf(printable(asset))} under way to ${printable(to)}`;
}

function amounts(holdings: readonly HoldingBody[]): string {
  const held = holdings.filter(({ amount: units }) => !decimal(units).isZero());
  return (
    held
      .map(({ asset, amount: units }) => `${change(decimal(units)).replace("+", "")} ${symbolOf(printable(asset))}`)
      .join(", ") || "nothing"
  );
}

function message({ type, spender, amounts }: SignatureBody): string {
  const what = amounts.map(({ asset, amount }) => `${amount} ${printable(asset)}`).join(" and ");
  return `${type}: ${shortHex(spender)} may take ${what}`;
}
