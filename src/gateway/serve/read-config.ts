import { z } from "zod";
import { type Address, isAddress, lower } from "../../core/hex.ts";
import { GatewayStartError } from "../gateway-start-error.ts";
import { orderWire } from "../operator/orders.ts";
import type { GatewayConfig } from "./run-gateway.ts";

const text = z.string().min(1);

const schema = z.strictObject({
  file: text,
  network: text.exactOptional(),
  home: text,
  socket: text,
  group: z.boolean().exactOptional(),
  keystore: text,
  password: z.string(),
  owner: z.strictObject({ keystore: text, password: z.string() }).exactOptional(),
  live: z.boolean(),
  world: z.strictObject({ url: text, wallet: z.custom<Address>(isAddress).transform(lower) }).exactOptional(),
  crashAt: text.exactOptional(),
  forks: z.boolean().exactOptional(),
  operatorKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
  operatorSocket: text.exactOptional(),
  goLive: orderWire.exactOptional(),
  listen: z
    .strictObject({
      host: text,
      port: z.number().int().min(0).max(65_535),
      tls: z.strictObject({ cert: text, key: text }).exactOptional(),
    })
    .exactOptional(),
  rpc: z
    .strictObject({
      socket: text.exactOptional(),
      port: z.number().int().min(0).max(65_535).exactOptional(),
      readsPerMinute: z.number().int().positive().exactOptional(),
    })
    .exactOptional(),
}) satisfies z.ZodType<GatewayConfig>;

/**
 * The configuration of a gateway process from its JSON. It holds a password, so no message repeats any of it.
 *
 * @throws {GatewayStartError} BAD_CONFIG
 */
export function readGatewayConfig(json: string): GatewayConfig {
  const read = schema.safeParse(parsed(json));
  if (read.success) return read.data;
  const keys = [...new Set(read.error.issues.map(({ path }) => path.join(".")))].filter((key) => key !== "");
  throw new GatewayStartError(
    "BAD_CONFIG",
    `the gateway's configuration is not what it takes${keys.length > 0 ? `: ${keys.join(", ")}` : ""}`,
    {
      remedy: "Hand it one JSON object on file descriptor 3, as startGatewayProcess does.",
    },
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
