import type { Decimal } from "../core/decimal.ts";
import { type Json, toJson } from "../core/json.ts";
import type { ExplainOptions } from "./explain.ts";
import type { Mandate } from "./terms.ts";
import { termsHash } from "./terms-json.ts";
import { type WarningOptions, warningsOf } from "./warnings.ts";
import { worstCase } from "./worst-case.ts";
import type { WorstCase } from "./worst-figure.ts";

/** What `mandate check --json` prints: exact figures as decimal text, worst case term by term. */
export function explainJson(
  mandate: Mandate,
  { model, value_usd, gas_usd_per_exit }: ExplainOptions & WarningOptions = {},
): Json {
  const { terms, brief, defaulted, rehearsal } = mandate;
  const worst: WorstCase = worstCase(terms, { value_usd });
  const estimate: { readonly usd_per_call: Decimal; readonly share_of_cycles: Decimal } | null = model ?? null;
  return toJson({
    schema_version: 1,
    id: terms.id,
    title: brief.title,
    venue: terms.venue,
    network: terms.network,
    rehearsal,
    numeraire: terms.numeraire,
    every_ms: brief.every,
    decider: brief.decider,
    ...(brief.decider !== "code" || brief.code === undefined ? {} : { code: brief.code }),
    model: { provider: brief.model.provider, id: brief.model.id, estimate },
    accounts: terms.accounts,
    limits: terms.limits,
    defaulted,
    worst_case: worst,
    warnings: warningsOf(mandate, { value_usd, gas_usd_per_exit }),
    terms_hash: termsHash(terms),
  });
}
