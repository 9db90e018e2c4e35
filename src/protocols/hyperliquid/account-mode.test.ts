import fc from "fast-check";
import { expect, test } from "vitest";
import { modeProblem } from "./account-mode.ts";
import { spotState } from "./info-schemas.ts";

const spot = (rest: object = {}) => spotState.parse({ balances: [], ...rest });

test.each([
  ["default", null],
  ["disabled", null],
  ["unifiedAccount", /^the account is a unified account: .*set it to Standard/],
  ["portfolioMargin", /^the account is on portfolio margin: .*set it to Standard/],
  ["dexAbstraction", /^the account is on DEX abstraction: .*set it to Standard/],
  ["Default", /a mode that is not known here, "Default"/],
  ["constructor", /a mode that is not known here, "constructor"/],
  [null, /does not say/],
])("the mode %s is judged, or it is said why not", (told, problem) => {
  const said = modeProblem(told, spot());
  if (problem === null) expect(said).toBeNull();
  else expect(said).toMatch(problem);
});

test("of all words but two none opens anything, and none makes a long or a broken sentence", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 100 }), (told) => {
      const said = modeProblem(told, spot());
      expect(said === null).toBe(told === "default" || told === "disabled");
      expect(said?.length ?? 0).toBeLessThan(400);
      expect(said ?? "").not.toMatch(/[\r\n]/);
    }),
    { numRuns: 100 },
  );
});

test("what pooled accounts have alone goes before the word for the mode", () => {
  for (const told of ["default", "disabled"]) {
    expect(modeProblem(told, spot({ portfolioMarginEnabled: true }))).toMatch(/pooled accounts/);
    expect(modeProblem(told, spot({ tokenToAvailableAfterMaintenance: [[0, "1.0"]] }))).toMatch(/pooled accounts/);
    for (const odd of ["false", 0, 1.5, {}, [[[]]]]) {
      expect(modeProblem(told, spot({ portfolioMarginEnabled: odd })), String(odd)).toMatch(/pooled accounts/);
      expect(modeProblem(told, spot({ tokenToAvailableAfterMaintenance: odd })), String(odd)).toMatch(/pooled accounts/);
    }
    expect(modeProblem(told, spot({ portfolioMarginEnabled: false, tokenToAvailableAfterMaintenance: [] }))).toBeNull();
    expect(modeProblem(told, spot({ portfolioMarginEnabled: null, tokenToAvailableAfterMaintenance: null }))).toBeNull();
  }
});
