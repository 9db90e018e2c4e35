import type { ChainLabel } from "../../protocols/effects.ts";

/** What a message is for, and the token that it brought. */
export interface Target {
  /** Null: the path names no chain. */
  readonly chain: ChainLabel | null;
  /** From the path `/<token>/rpc/<chain>`, for clients that take a URL and no header, or from `Authorization: Bearer`. */
  readonly token: string | null;
}

const PATH = /^(?:\/([\w-]{1,128}))?\/rpc\/([\w.%-]{1,128})$/;
const BEARER = /^Bearer ([\w-]{1,128})$/i;

/** What a request says of itself before its body. */
interface Head {
  readonly url?: string | undefined;
  readonly headers: { readonly authorization?: string | undefined };
}

export function readTarget({ url = "", headers }: Head): Target {
  const [, inPath, chain] = PATH.exec(url) ?? [];
  const { authorization } = headers;
  // A header that holds no token is a wrong token, not none: it is never taken for leave to do without.
  const bearer = authorization === undefined ? null : (BEARER.exec(authorization)?.[1] ?? "");
  const token = bearer === null ? (inPath ?? null) : inPath === undefined || inPath === bearer ? bearer : "";
  return { chain: chain === undefined ? null : decoded(chain), token };
}

function decoded(label: string): ChainLabel | null {
  try {
    return decodeURIComponent(label);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
