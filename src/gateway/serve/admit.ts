import { isPrivateSocket } from "../tokens/is-private-socket.ts";
import { type Failure, failure } from "./failure.ts";
import type { HttpRequest, Listen } from "./listen-http.ts";

/** Whose token it is; null: nobody's. */
export type OwnerOf = (token: string) => string | null;

/**
 * Why a call is not heard; null: it is. On a unix socket that its owner alone can open, no token is needed; on TCP and on
 * a socket that was opened to others, each call brings one, unless it bears a proof of its own. A wrong one is refused
 * everywhere.
 */
export function admit(
  { headers }: HttpRequest,
  listen: Listen,
  { ownerOf, proven }: { readonly ownerOf: OwnerOf; readonly proven: boolean },
): Failure | null {
  // A page in a browser has an origin, and no business here; loopback has no other names than these.
  const host = headers[":authority"] ?? headers.host ?? "";
  const plainTcp = !("socket" in listen) && !listen.tls;
  if (headers.origin !== undefined || (plainTcp && !/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(String(host)))) {
    return failure("permission_denied", { code: "UNAUTHORIZED", message: "calls from web pages are not answered" });
  }
  const { authorization } = headers;
  if (authorization === undefined && "socket" in listen && (proven || isPrivateSocket(listen.socket))) return null;
  if (isToken(authorization ?? null, ownerOf)) return null;
  return failure("unauthenticated", {
    code: "UNAUTHORIZED",
    message: "a token of this gateway is needed",
    remedy: "Make one with: mandate tokens new FILE AGENT. Send it as: Authorization: Bearer TOKEN",
  });
}

/** Whether an Authorization header bears a token that holds now. */
export function isToken(authorization: string | null, ownerOf: OwnerOf): boolean {
  const [, token] = /^Bearer ([\w-]{1,128})$/i.exec(authorization ?? "") ?? [];
  return token !== undefined && ownerOf(token) !== null;
}
