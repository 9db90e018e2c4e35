/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  /** "missing": something needed is not there. "warn": it works, but somebody should know. */
  readonly status: "ok" | "warn" | "missing";
  readonly detail: string;
  /** The line that mends it. Null where nothing is to be done. */
  readonly remedy: string | null;
}

export function ok(name: string, detail: string): Finding {
  return { name, status: "ok", detail, remedy: null };
}

export function warn(name: string, detail: string, remedy: string): Finding {
  return { name, status: "warn", detail, remedy };
}

export function missing(name: string, detail: string, remedy: string): Finding {
  return { name, status: "missing", detail, remedy };
}
