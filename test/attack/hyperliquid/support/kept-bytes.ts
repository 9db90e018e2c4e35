import { join } from "node:path";
import Database from "better-sqlite3";
import { z } from "zod";

const body = z.looseObject({ action: z.record(z.string(), z.unknown()), nonce: z.number(), expiresAfter: z.number() });

/** A request to the exchange as it was signed. */
export type KeptRequest = z.output<typeof body>;

/** What a gateway has signed and not settled, as a thief of its disk would find it. */
export function keptBytes(home: string): readonly KeptRequest[] {
  const db = new Database(join(home, "signed.sqlite"), { readonly: true });
  try {
    const rows = db.prepare<[], Uint8Array>("SELECT bytes FROM signed").pluck().all();
    return rows.map((bytes) => body.parse(JSON.parse(Buffer.from(bytes).toString())));
  } finally {
    db.close();
  }
}

/** Offers it to an exchange once more; its answer. */
export async function offer(url: string, request: unknown): Promise<string> {
  const answer = await fetch(`${url}/exchange`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  return answer.text();
}
