import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { askHidden, type Terminal } from "./ask-hidden.ts";

/** A terminal that says in which order it was used. */
function terminal() {
  const used: string[] = [];
  const stdin = Object.assign(new PassThrough(), {
    setRawMode(on: boolean) {
      used.push(on ? "shows nothing" : "shows what is typed");
      return stdin;
    },
  });
  const stderr = { write: (text: string) => used.push(text) > 0 };
  return { stdin, used, terminal: { stdin, stderr } as unknown as Terminal };
}

test("the terminal shows nothing from before the question until after the answer", async () => {
  const { stdin, used, terminal: tty } = terminal();
  const asked = askHidden("password: ", tty);
  expect(used).toEqual(["shows nothing", "password: "]);
  stdin.write("corect\u007f\u007f\u007frect\r");
  expect(await asked).toBe("correct");
  expect(used).toEqual(["shows nothing", "password: ", "shows what is typed", "\n"]);
});

test("what is broken off is no answer, and the terminal shows what is typed again", async () => {
  for (const key of ["\u0003", "\u0004"]) {
    const { stdin, used, terminal: tty } = terminal();
    const asked = askHidden("password: ", tty);
    stdin.write(`half${key}`);
    await expect(asked).rejects.toMatchObject({ code: "USAGE" });
    expect(used.at(-2)).toBe("shows what is typed");
  }
});
