/**
 * What is wrong with a message that a sandboxed command wants to POST; null: it may go. It is one JSON object and no call of
 * a chain: those go through the gateway, whatever host would take them.
 */
export function problemOfPost(type: unknown, body: Buffer): string | null {
  if (typeof type !== "string" || !/^application\/json(?:; ?charset=utf-8)?$/i.test(type)) {
    return "a message is JSON: content-type: application/json";
  }
  const message = objectIn(body);
  if (message === null) return "a message is one JSON object";
  // Some servers read names in any case, and some do not ask for the version.
  const names = Object.keys(message).map((name) => name.toLowerCase());
  if (names.includes("jsonrpc") || names.includes("method")) return "calls of a chain go through the gateway: POST /rpc/<chain>";
  return null;
}

function objectIn(body: Buffer): object | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
