// Starts a gateway process with the configuration in its first argument, says so, and waits to be killed.

import { startGatewayProcess } from "../../../src/gateway/serve/gateway-process.ts";
import type { GatewayConfig } from "../../../src/gateway/serve/run-gateway.ts";

const { socket, ended } = await startGatewayProcess(JSON.parse(process.argv[2] ?? "") as GatewayConfig);
process.stdout.write(`${socket}\n`);
await ended;
