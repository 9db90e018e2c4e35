import { expect, test } from "vitest";
import { createProgress } from "./progress.ts";

test("on a terminal it draws one line, and leaves the line clean", async () => {
  let written = "";
  const drawn = Promise.withResolvers<void>();
  const stream = {
    isTTY: true,
    write: (text: string) => {
      written += text;
      drawn.resolve();
    },
  };
  const progress = createProgress("building", { stream, verbose: false, after: 0 });
  progress.step("pools");
  await drawn.promise;
  progress.end();
  expect(written).toContain("building: pools");
  expect(written).not.toContain("\n");
  expect(written.endsWith("\r\u001b[2K")).toBe(true);
});

test("what ends at once draws nothing", () => {
  let written = "";
  createProgress("building", { stream: { isTTY: true, write: (text: string) => (written += text) }, verbose: false }).end();
  expect(written).toBe("");
});
