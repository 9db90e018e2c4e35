import { afterAll, beforeAll } from "vitest";
import { InvariantError } from "../../../src/core/errors.ts";
import type { WorldSnapshot } from "../../../src/worlds/anvil/evm-world.ts";
import type { TwoDomains } from "../../../src/worlds/anvil/hyperlane/two-domains.ts";
import { openTwoDomainHouse, startDomains, type TwoDomainHouse, type TwoDomainHouseOptions } from "./two-domain-house.ts";

/** Two domains that the tests of one file share. */
export interface SharedDomains {
  /** Only within a test: they start before the first. */
  readonly domains: TwoDomains;
  /** A house on the domains as they were at first. */
  house(options?: Omit<TwoDomainHouseOptions, "domains">): Promise<TwoDomainHouse>;
}

/** Starts two domains before a file's tests and stops them after. */
export function sharedDomains(): SharedDomains {
  let domains: TwoDomains | undefined;
  let marks: readonly [WorldSnapshot, WorldSnapshot] | undefined;
  const started = () => {
    if (!domains || !marks) throw new InvariantError("the domains start before the first test");
    return { domains, marks };
  };
  beforeAll(async () => {
    domains = await startDomains();
    marks = [await domains.base.world.snapshot(), await domains.arb.world.snapshot()];
  }, 120_000);
  afterAll(() => domains?.stop());
  return {
    get domains() {
      return started().domains;
    },
    async house(options = {}) {
      const at = started();
      await at.domains.base.world.revert(at.marks[0]);
      await at.domains.arb.world.revert(at.marks[1]);
      return openTwoDomainHouse({ domains: at.domains, ...options });
    },
  };
}
