import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../src/core/clock.ts";
import type { Mandate } from "../../../src/mandate/terms.ts";
import type { CommandRan } from "../../../src/tools/sandbox/run-command.ts";
import { openSandbox, type RunOptions, type Sandbox, type SandboxParameters } from "../../../src/tools/sandbox/sandbox.ts";
import { type Endpoint, type EndpointOptions, openEndpoint } from "../../json-rpc/support/endpoint.ts";
import { mandateOf } from "../../support/house.ts";

export interface LoneSandbox extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly workspace: string;
  sh(script: string, options?: RunOptions): Promise<CommandRan>;
}

/** A sandbox with a gateway's address at which nobody answers. */
export async function openLoneSandbox(
  more: Partial<SandboxParameters> & { readonly brief?: Partial<Mandate["brief"]> } = {},
): Promise<LoneSandbox> {
  const { brief, ...parameters } = more;
  const workspace = parameters.workspace ?? mkdtempSync(join(tmpdir(), "mandate-workspace-"));
  const { terms, brief: written } = mandateOf();
  const opening = openSandbox({
    mandate: { terms, brief: { ...written, ...brief } },
    workspace,
    chains: { base: `unix:${workspace}-none.sock:/rpc/base` },
    clock: systemClock,
    ...parameters,
  });
  const sandbox = await opening.catch((error: unknown) => {
    rmSync(workspace, { recursive: true, force: true });
    throw error;
  });
  return {
    sandbox,
    workspace,
    sh: (script, options) => sandbox.run(["bash", "-c", script], options),
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}

export interface SandboxHouse extends LoneSandbox {
  readonly endpoint: Endpoint;
}

/** A world, a gateway with JSON-RPC on a unix socket, and a sandbox that is connected to it. */
export async function openSandboxHouse(options: EndpointOptions = {}): Promise<SandboxHouse> {
  const folder = mkdtempSync(join(tmpdir(), "mandate-rpc-"));
  const socket = join(folder, "rpc.sock");
  const endpoint = await openEndpoint({ ...options, rpc: { socket, ...options.rpc } });
  const lone = await openLoneSandbox({ mandate: endpoint.house.mandate, chains: { base: `unix:${socket}:/rpc/base` } });
  return {
    ...lone,
    endpoint,
    async [Symbol.asyncDispose]() {
      await lone[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
