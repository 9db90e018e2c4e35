import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gatewayClient } from "../../src/gateway/client.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { jsonOf, runCli, startCli } from "../cli/support/run-cli.ts";
import { STRANGER } from "../support/standing.ts";
import { cast } from "./support/cast.ts";
import { call } from "./support/endpoint.ts";

const SHIPPED = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");
const WETH = EVM_BOOK.chains.base.assets.WETH.address;

/** The shipped mandate on a network that is a chain somewhere, like a real one, and a key for it made by our own command. */
async function liveFolder() {
  const world = startCli(["world", "evm", "--start", "now", "--chain-id", "31340"]);
  const { url } = JSON.parse(await world.line()) as { url: string };
  const folder = mkdtempSync(join(tmpdir(), "mandate-rpc-"));
  const shipped = readFileSync(SHIPPED, "utf8");
  const rehearsal = /\n {2}rehearsal:\n([\s\S]*?)(?=\n {2}\S|\n---)/.exec(shipped)?.[1] ?? "";
  const chain = rehearsal
    .replace("id: 31337", "id: 31340\n        confirmations: 1\n        block_seconds: 1")
    .replace("rpc: world", `rpc: ${url}`);
  const file = join(folder, "MANDATE.md");
  writeFileSync(
    file,
    shipped
      .replace(/\nnetworks:/, `\nnetworks:\n  live:\n    wallet: "${REHEARSAL_WALLET}"\n${chain}`)
      .replace("network: rehearsal", "network: live")
      .replace("max_position_size_usd: 6000", "max_position_size_usd: 60000\n  two_rpcs_above_usd: 200000")
      .replace("allowed_tokens: [WETH, USDC]", "allowed_tokens: [WETH, USDC, ETH]"),
  );
  const at = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const password = ["--password-file", at("pw", "open sesame\n")];
  const keys = ["--keystore-dir", folder];
  const from = ["--from", at("key.txt", REHEARSAL_KEY)];
  expect((await runCli(["keys", "import", "main", ...from, ...password, ...keys])).code).toBe(0);
  expect((await runCli(["keys", "import", "play", "--class", "rehearsal", ...from, ...password, ...keys])).code).toBe(0);
  const operator = ["--operator-key", join(folder, "operator.key")];
  const gateway = (key: string) => [
    "gateway",
    file,
    "--live",
    "--keystore",
    join(folder, key),
    ...password,
    ...operator,
    "--json",
  ];
  return {
    file,
    gateway,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test("mandate gateway serves cast and the library on loopback with a token and on sockets without, says where, and stops cleanly", async () => {
  await using live = await liveFolder();
  const played = await jsonOf(live.gateway("play"));
  expect(played).toMatchObject({ code: 1, document: { error: { code: "KEY_CLASS" } } });

  await using gateway = startCli([...live.gateway("main"), "--rpc", "--rpc-port", "0", "--listen", "127.0.0.1:0"]);
  const said = JSON.parse(await gateway.line()) as { rpc: readonly [string, string]; url: string; wallet: string };
  const { rpc, wallet } = said;
  const [onSocket, onPort] = rpc;
  const socket = /^unix:(.+):\/rpc\/base$/.exec(onSocket)?.[1] ?? "";
  expect(await call({ socket }, "eth_accounts")).toMatchObject({ result: [REHEARSAL_WALLET] });

  const unknown = await cast("chain-id", "--rpc-url", onPort);
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("401")]);
  const { document } = await jsonOf(["tokens", "new", live.file, "shell"]);
  const client = gatewayClient({ url: said.url, token: String(document.token) });
  expect(await client.health()).toMatchObject({ wallet, stopped: null });
  const url = onPort.replace("/rpc/", `/${String(document.token)}/rpc/`);
  expect((await cast("chain-id", "--rpc-url", url)).stdout.trim()).toBe("31340");
  const own = ["--unlocked", "--from", REHEARSAL_WALLET, "--rpc-url", url];
  const sent = await cast("send", WETH, "deposit()", "--value", "1000", "--json", ...own);
  expect(sent.stderr).toBe("");
  expect(JSON.parse(sent.stdout)).toMatchObject({ status: "0x1" });
  const refused = await cast("send", STRANGER, "--value", "1", ...own);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("denied by mandate: ")]);

  expect((await runCli(["tokens", "revoke", live.file, "shell"])).code).toBe(0);
  expect((await cast("chain-id", "--rpc-url", url)).stderr).toContain("401");
  await expect(client.health()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  client.close();
  expect(await gateway.interrupt()).toBe(0);
  const verified = await runCli(["verify", live.file]);
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
});

test.each([
  ["TLS_NEEDED", ["--listen", "0.0.0.0:0"]],
  ["TLS_NEEDED", ["--listen", "[::]:0"]],
  ["TLS_UNREADABLE", ["--listen", "0.0.0.0:0", "--tls-cert", "none.pem", "--tls-key", "none.pem"]],
  ["USAGE", ["--listen", "0.0.0.0:0", "--tls-cert", "none.pem"]],
  ["USAGE", ["--listen", "8443"]],
  ["USAGE", ["--listen", "localhost:70000"]],
  ["USAGE", ["--tls-cert", "none.pem", "--tls-key", "none.pem"]],
])("%s: mandate gateway %j does not start", async (code, options) => {
  await using live = await liveFolder();
  expect((await jsonOf([...live.gateway("main"), ...options])).document).toMatchObject({ error: { code } });
});
