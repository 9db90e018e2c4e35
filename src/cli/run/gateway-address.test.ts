import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../core/errors.ts";
import { gatewayAddress } from "./gateway-address.ts";

test("a gateway is named by its socket, with a token or without, or by a URL, which takes one; a file comes before the environment", () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-address-"));
  const [file, ca] = [join(folder, "token"), join(folder, "ca.pem")];
  writeFileSync(file, "mandate_abc\n");
  writeFileSync(ca, "PEM");
  const env = { MANDATE_GATEWAY_TOKEN: "mandate_env" };
  try {
    expect(gatewayAddress("g.sock", {}, {})).toEqual({ socket: resolve("g.sock") });
    expect(gatewayAddress("g.sock", {}, env)).toEqual({ socket: resolve("g.sock"), token: "mandate_env" });
    expect(gatewayAddress("/g.sock", { gatewayTokenFile: file }, env)).toEqual({ socket: "/g.sock", token: "mandate_abc" });
    const url = "https://gateway.example.org:8443";
    expect(gatewayAddress(url, { gatewayCa: ca }, env)).toEqual({ url, token: "mandate_env", ca: "PEM" });
    expect(() => gatewayAddress(url, {}, { MANDATE_GATEWAY_TOKEN: "" })).toThrow(UsageError);
    expect(() => gatewayAddress(url, { gatewayTokenFile: join(folder, "none") }, env)).toThrow(UsageError);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
