import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { messageOf, UsageError } from "../../core/errors.ts";
import type { GatewayAddress } from "../../gateway/client/http-poster.ts";

/** The options of every command that can use a gateway which serves already. */
export interface ReachOptions {
  readonly gateway?: string;
  readonly gatewayTokenFile?: string;
  readonly gatewayCa?: string;
}

/** The environment's name for an agent's token. */
const TOKEN = "MANDATE_GATEWAY_TOKEN";

export function reachOptions(command: Command): Command {
  return command
    .option("--gateway <where>", "a gateway that serves already: its socket, or its URL, which takes a token")
    .option(
      "--gateway-token-file <file>",
      `the agent's token, for a URL and for the socket of another user's gateway (else ${TOKEN})`,
    )
    .option("--gateway-ca <file>", "whom to trust for a URL's certificate, as PEM (default: whom the machine trusts)");
}

/**
 * Where the gateway that is named serves, and by which token.
 *
 * @throws {UsageError} for a URL without a token, or a file that cannot be read.
 */
export function gatewayAddress(
  where: string,
  { gatewayTokenFile, gatewayCa }: ReachOptions,
  env: NodeJS.ProcessEnv = process.env,
): GatewayAddress {
  const token = gatewayTokenFile === undefined ? env[TOKEN] || undefined : textOf(gatewayTokenFile).trim();
  if (!/^https?:\/\//i.test(where)) return { socket: resolve(where), ...(token === undefined ? {} : { token }) };
  if (token === undefined || token === "") {
    throw new UsageError(`${where} takes a token, and none is given`, {
      remedy: `Give --gateway-token-file FILE, or set ${TOKEN}. The gateway's owner makes one: mandate tokens new FILE AGENT`,
    });
  }
  return { url: where, token, ...(gatewayCa === undefined ? {} : { ca: textOf(gatewayCa) }) };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, { remedy: "Give a file that this user can read." });
  }
}
