import { readFileSync, writeFileSync } from "node:fs";

/** Changes one byte of a file where `text` first stands in it, and returns what the file was. */
export function flipByte(file: string, text: string): Buffer {
  const whole = readFileSync(file);
  const flipped = Buffer.from(whole);
  const at = flipped.indexOf(text);
  flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
  writeFileSync(file, flipped);
  return whole;
}
