import { z } from "zod";
import type { ContractEntry } from "./book.ts";
import { address, kebab, numeric, refuse, scalar, strict, symbol } from "./scalars.ts";
import { SCALE } from "./warp-routes.ts";

const scale = scalar<string>("message units for a base unit of the token, for example 1000000000000/1", (text) =>
  SCALE.test(text)
    ? text
    : {
        code: "BAD_VALUE" as const,
        message: `${JSON.stringify(text.slice(0, 60))} is no scale`,
        remedy: "Write two whole numbers above zero as the router has them: 1000000000000/1.",
      },
);

export const writtenContract = strict("{ kind, address }", {
  kind: kebab,
  address,
  domain: numeric("the number that the chain goes by at Hyperlane, for example 8453", {
    whole: true,
    max: "4294967295",
  }).optional(),
  token: symbol.optional(),
  mailbox: kebab.optional(),
  to: z.record(kebab, kebab, { error: "routers by chain: { arbitrum: usdc-route }" }).optional(),
  scale: scale.optional(),
});

type Written = z.output<typeof writtenContract>;

/** What each kind needs beside its address, and may have. */
const KEYS: Readonly<Record<string, { readonly needs: readonly (keyof Written)[]; readonly may: readonly (keyof Written)[] }>> = {
  "hyperlane-mailbox": { needs: ["domain"], may: [] },
  "hyperlane-warp-route": { needs: ["token", "mailbox", "to"], may: ["scale"] },
};
const NONE: (typeof KEYS)[string] = { needs: [], may: [] };
const OTHERS = ["domain", "token", "mailbox", "to", "scale"] as const satisfies readonly (keyof Written)[];

/** A contract of a chain's book: what a kind has no use for may not stand there, as nothing would be held to it. */
export const contractSchema = writtenContract.transform((written, ctx): ContractEntry => {
  const { needs, may } = (Object.hasOwn(KEYS, written.kind) ? KEYS[written.kind] : undefined) ?? NONE;
  for (const key of needs) {
    if (written[key] !== undefined) continue;
    refuse(ctx, { code: "MISSING_KEY", message: `${key} is missing`, remedy: `A ${written.kind} needs ${needs.join(", ")}.` });
  }
  for (const key of OTHERS) {
    if (written[key] === undefined || needs.includes(key) || may.includes(key)) continue;
    refuse(ctx, { code: "UNKNOWN_KEY", message: `${key} is no key of a ${written.kind}`, remedy: "Remove it." }, [key]);
  }
  const { kind, address: at, domain, token, mailbox, to, scale: units } = written;
  return {
    kind,
    address: at,
    ...(domain === undefined ? {} : { domain }),
    ...(token === undefined ? {} : { token }),
    ...(mailbox === undefined ? {} : { mailbox }),
    ...(to === undefined ? {} : { to }),
    ...(units === undefined ? {} : { scale: units }),
  };
});
