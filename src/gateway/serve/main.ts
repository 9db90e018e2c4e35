// The gateway as a process of its own: its configuration, password included, comes as JSON on file descriptor 3, so that
// neither stands in arguments or the environment. It says "ready" with its socket on stdout, and ends when stdin does.
import { readFileSync } from "node:fs";
import { MandateError } from "../../core/errors.ts";
import { canonicalJson } from "../../core/json.ts";
import { type GatewayConfig, runGateway } from "./run-gateway.ts";

const say = (line: unknown) => process.stdout.write(`${canonicalJson(line)}\n`);

try {
  const config = JSON.parse(readFileSync(3, "utf8")) as GatewayConfig;
  const running = await runGateway(config, (what, error) => process.stderr.write(`gateway: ${what}: ${String(error)}\n`));
  say({ ready: running.socket, wallet: running.wallet });
  process.stdin.resume();
  process.stdin.once("end", () => {
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
} catch (error) {
  if (!(error instanceof MandateError)) throw error;
  say({ error });
  process.exitCode = 1;
}
