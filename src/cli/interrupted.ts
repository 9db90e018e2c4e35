/**
 * Aborts at the first SIGINT, SIGTERM or SIGHUP. The process is not ended: whoever waits for it puts things in order.
 * A second signal ends it at once.
 */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => controller.abort(signal));
  return controller.signal;
}
