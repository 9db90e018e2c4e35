import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { UsageError } from "../../core/errors.ts";
import { mcpServer } from "../../tools/mcp/mcp-server.ts";
import { serveMcpHttp } from "../../tools/mcp/serve-mcp-http.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import { interrupted } from "../interrupted.ts";
import type { Output } from "../output.ts";
import { type ToolHouse, type ToolHouseOptions, withToolHouse } from "../tools/open-tool-house.ts";
import { version } from "../version.ts";

export interface RunMcpParameters extends Omit<ToolHouseOptions, "signal"> {
  readonly http?: boolean;
  readonly port?: number;
}

/** Serves until the client goes away or the process is told to end. */
export async function runMcp(output: Output, { http = false, port, ...options }: RunMcpParameters): Promise<void> {
  if (port !== undefined && !http) throw new UsageError("--port is for --http", { remedy: "Add --http." });
  const signal = interrupted();
  await withToolHouse(output, { ...options, signal }, async (house) => {
    output.say(`${house.mandate.terms.id} on ${house.mandate.terms.network}: ${house.desk.listed(house.context).length} tools`);
    await (http ? overHttp(output, house, port ?? 0, signal) : overStdio(house, signal));
  });
}

async function overStdio<I extends Intent, S extends Observation>(
  { desk, context }: ToolHouse<I, S>,
  signal: AbortSignal,
): Promise<void> {
  const server = mcpServer({ desk, context, version: version() });
  const ended = once(process.stdin, "end", { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  await server.connect(new StdioServerTransport());
  await ended;
  await server.close();
}

async function overHttp<I extends Intent, S extends Observation>(
  output: Output,
  { desk, context }: ToolHouse<I, S>,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const token = randomBytes(32).toString("base64url");
  const serving = await serveMcpHttp({ makeServer: () => mcpServer({ desk, context, version: version() }), token, port });
  try {
    output.document({ url: serving.url, token }, () => `${serving.url}\nAuthorization: Bearer ${token}`);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await serving.stop();
  }
}
