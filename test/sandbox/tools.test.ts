import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { shellTools } from "../../src/tools/sandbox/shell-tools.ts";
import { ToolDesk } from "../../src/tools/tool-desk.ts";
import { openToolHouse, type ToolHouse } from "../tools/support/tool-house.ts";
import { type LoneSandbox, openLoneSandbox } from "./support/sandbox-house.ts";

let lone: LoneSandbox;
let house: ToolHouse;
beforeAll(async () => {
  lone = await openLoneSandbox();
  house = await openToolHouse({ limits: { allowed_tools: ["bash", "read"] } });
});
afterAll(async () => {
  await lone[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const call = (name: string, args: unknown) => {
  const tool = shellTools(lone.sandbox).find((one) => one.name === name);
  if (!tool) throw new Error(`no tool ${name}`);
  return tool.run(args, house.context);
};

test("bash says what was said and how it ended; what was ended is an error", async () => {
  expect(await call("bash", { command: "echo hi; exit 4" })).toMatchObject({
    status: "success",
    data: { exit: 4, stdout: "hi\n", stderr: "" },
  });
  const late = await call("bash", { command: "echo begun; sleep 30", timeout_seconds: 1 });
  expect(late).toMatchObject({ status: "error", error: { code: "execution_failed" }, data: { exit: null, stdout: "begun\n" } });
  expect(await call("bash", { command: "true", cwd: "/" })).toMatchObject({ error: { code: "validation_error" } });
});

test("write and read stay inside, whatever a link says and whatever a name looks like", async () => {
  expect(await call("write", { path: "notes/a b.txt", content: "one\ntwo\nthree\n" })).toMatchObject({ data: { exit: 0 } });
  expect(await call("read", { path: "notes/a b.txt", from_line: 2, lines: 1 })).toMatchObject({ data: { stdout: "two\n" } });
  symlinkSync("/etc", join(lone.workspace, "out"));
  expect(await call("write", { path: "out/mandate-was-here", content: "x" })).toMatchObject({ data: { exit: 1 } });
  expect(await call("read", { path: "/etc/shadow" })).toMatchObject({ data: { exit: 1, stdout: "" } });
  expect(await call("write", { path: "-n $(touch pwned); echo", content: "x" })).toMatchObject({ data: { exit: 0 } });
  expect((await lone.sh("ls pwned")).exit).toBe(2);
});

test("what an earlier session left for shells to read changes no later command", async () => {
  const planted = "echo planted; cast() { echo forged; }; sed() { echo forged; }";
  for (const path of [".bashrc", ".bash_profile", ".profile"]) await call("write", { path, content: planted });
  expect(await call("bash", { command: "echo hi; type -t sed" })).toMatchObject({ data: { stdout: "hi\nfile\n", stderr: "" } });
  expect(await call("read", { path: "notes/a b.txt", lines: 1 })).toMatchObject({ data: { stdout: "one\n" } });
});

test("allowed_tools binds them as every tool", async () => {
  const desk = new ToolDesk({ tools: shellTools(lone.sandbox) });
  expect(await desk.call("write", { path: "x", content: "" }, house.context)).toMatchObject({
    status: "blocked",
    error: { code: "tool_not_allowed" },
  });
  expect(await desk.call("read", { path: "notes/a b.txt" }, house.context)).toMatchObject({ status: "success" });
});
