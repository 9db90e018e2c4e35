// The gateway as a process of its own: its configuration, password included, comes as JSON on file descriptor 3, so that
// neither stands in arguments or the environment. It says "ready" with its socket on stdout, and ends when stdin does.
import { readFileSync } from "node:fs";
import { MandateError } from "../../core/errors.ts";
import { writeFirstWords } from "./first-words.ts";
import { readGatewayConfig } from "./read-config.ts";
import { runGateway } from "./run-gateway.ts";

// Socket, journal and signed bytes are the owner's alone from their first moment on.
process.umask(0o077);
// An interrupt at the terminal is for the parent. It may still need the gateway, and its end closes stdin.
for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
const parentGone = new Promise<void>((resolve) => {
  for (const event of ["end", "error"]) process.stdin.once(event, resolve);
  process.once("SIGTERM", resolve);
  process.stdin.resume();
});

try {
  const config = readGatewayConfig(readFileSync(3, "utf8"));
  const running = await runGateway(config, (what, error) => process.stderr.write(`gateway: ${what}: ${String(error)}\n`));
  process.stdout.write(writeFirstWords({ ready: running.socket, wallet: running.wallet }));
  await parentGone;
  await running.stop();
  process.exit(0);
} catch (error) {
  if (!(error instanceof MandateError)) throw error;
  process.stdout.write(writeFirstWords({ error }), () => process.exit(1));
}
