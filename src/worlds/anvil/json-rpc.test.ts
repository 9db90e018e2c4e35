import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { jsonRpc } from "./json-rpc.ts";

test("a node that refuses a message of several calls is told with its own words", async () => {
  const said = ['{"id":null,"error":{"code":-32600,"message":"no batches"}}', "null", "[]"].values();
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.end(said.next().value));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const rpc = jsonRpc(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ask = () => rpc.requestAll([["eth_chainId"], ["evm_mine"]]);
  await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining("no batches"), rpcCode: -32600 });
  for (const _ of ["nothing", "no answers"]) await expect(ask()).rejects.toMatchObject({ rpcCode: -32603 });
  rpc.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
