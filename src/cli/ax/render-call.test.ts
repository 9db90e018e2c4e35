import { expect, test } from "vitest";
import { isYes } from "./ask-yes-no.ts";
import { renderCall } from "./render-call.ts";

test("a call is shown without control and direction characters", () => {
  expect(renderCall("swap_tokens", { token_in: "US\u202eDC\u001b[31m", amount: "5" })).toBe(
    "swap_tokens: token_in US DC [31m, amount 5",
  );
});

test("only y and yes are a yes", () => {
  expect(["y", "Y", " yes "].map(isYes)).toEqual([true, true, true]);
  expect(["", "n", "no", "ye", "sure", "yes please"].map(isYes)).toEqual([false, false, false, false, false, false]);
});
