import { gunzipSync } from "node:zlib";

const BLOCK = 512;
const REGULAR = new Set(["0", "\0"]);

/**
 * The regular files of a gzipped ustar archive, by path. Paths longer than ustar's 255 characters (pax headers) are
 * not understood: such a file appears under its cut name.
 */
export function readTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const tar = gunzipSync(archive);
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const header = tar.subarray(at, at + BLOCK);
    const name = text(header, 0, 100);
    if (name === "") break;
    const size = Number.parseInt(text(header, 124, 12).trim(), 8);
    const prefix = text(header, 345, 155);
    const body = at + BLOCK;
    if (REGULAR.has(String.fromCharCode(header[156] ?? 0))) {
      files.set(prefix === "" ? name : `${prefix}/${name}`, tar.subarray(body, body + size));
    }
    at = body + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function text(block: Uint8Array, from: number, length: number): string {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end)).toString("utf8");
}
