import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { MandateError, messageOf } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import { canonicalJson } from "../core/json.ts";

/** A key that belongs to another journal. */
export class KeyPinError extends MandateError {}

/**
 * Holds a key to the journal that it began with: a file beside the keystore names the first entry of the wallet's
 * stream. A key taken to an empty journal would have every budget anew.
 *
 * @param first - hash of the first entry of the stream in the journal at hand.
 * @param anew - the operator gives up the journal that the key began with.
 * @throws {KeyPinError} the key began with another journal.
 */
export function pinKey(keyFile: string, { stream, first, anew = false }: { stream: string; first: Hash; anew?: boolean }): void {
  const file = `${keyFile}.pin`;
  const pin = `${canonicalJson({ stream, first })}\n`;
  if (anew || !existsSync(file)) {
    // Whole or not at all: half of a pin names another journal, and the key would never start again.
    writeFileSync(`${file}.next`, pin, { mode: 0o600 });
    renameSync(`${file}.next`, file);
    return;
  }
  if (readPin(file) === pin) return;
  throw new KeyPinError("KEY_PINNED_ELSEWHERE", "this key began with another journal, whose budgets and terms hold for it", {
    remedy: `Start the gateway with that journal (--home). If it is lost: mandate flatten --without-journal. The pin is ${file}.`,
    details: { pin: file },
  });
}

function readPin(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new KeyPinError("KEY_PIN_UNREADABLE", `${file} cannot be read: ${messageOf(error)}`, {
      remedy: "Make it readable for the gateway's user.",
      cause: error,
    });
  }
}
