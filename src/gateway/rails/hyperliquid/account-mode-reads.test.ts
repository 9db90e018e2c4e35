import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../core/clock.ts";
import type { Address } from "../../../core/hex.ts";
import { httpTransport, type InfoTransport, infoClient } from "../../../protocols/hyperliquid/info-client.ts";
import { WeightMeter } from "../../../protocols/hyperliquid/weight-meter.ts";
import { VenueReads } from "./venue-reads.ts";

const ACCOUNT: Address = `0x${"aa".repeat(20)}`;
const START = 1_767_600_000_000;

/** Reads of a venue that answers by `url`, in a time that the test moves. */
function readsOf(url: InfoTransport, weight = 1_200) {
  const time = { now: START };
  const meter = new WeightMeter(weight);
  const info = infoClient({ url });
  return { time, meter, reads: new VenueReads({ account: ACCOUNT, meter, clock: async () => time.now, info }) };
}

test("a cycle, a look and what may open go by a word of the last ten seconds, an exit by what was last known", async () => {
  let asked = 0;
  const { reads, time } = readsOf(async () => {
    asked += 1;
    return asked === 1 ? "default" : "unifiedAccount";
  });
  expect(await reads.during("open", () => reads.mode())).toBe("default");
  time.now += 9 * SECOND;
  for (const reading of ["look", "request", "exit"] as const)
    expect(await reads.during(reading, () => reads.mode()), reading).toBe("default");
  expect(asked).toBe(1);
  time.now += 2 * SECOND;
  expect(await reads.during("exit", () => reads.mode())).toBe("default");
  await reads.during("request", async () => {
    expect([await reads.mode(), await reads.mode()]).toEqual(["unifiedAccount", "unifiedAccount"]);
  });
  expect(asked).toBe(2);
  time.now += 9 * MINUTE;
  await reads.during("operator", () => reads.mode());
  expect(asked).toBe(2);
  expect(await reads.during("operator", () => reads.mode({ anew: true }))).toBe("unifiedAccount");
  time.now += 11 * MINUTE;
  await reads.during("exit", () => reads.mode());
  expect(asked).toBe(4);
});

test("a venue that never answers this question is asked again by what may open, and by no second exit", async () => {
  let asked = 0;
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const ask = httpTransport(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 50);
  const { reads } = readsOf((question) => {
    asked += 1;
    return ask(question);
  });
  try {
    const heard: (string | null)[] = [];
    for (const reading of ["exit", "exit", "operator", "open"] as const)
      heard.push(await reads.during(reading, () => reads.mode()));
    expect(heard).toEqual([null, null, null, null]);
    expect(asked).toBe(2);
    await expect(reads.during("request", () => reads.mode())).rejects.toMatchObject({ code: "HYPERLIQUID_UNAVAILABLE" });
    expect(asked).toBe(3);
    // Nor does a gateway begin on it.
    await expect(reads.mode({ anew: true, must: true })).rejects.toMatchObject({ code: "HYPERLIQUID_UNAVAILABLE" });
    expect(await reads.mode({ anew: true })).toBeNull();
  } finally {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }
});

test("where there is no room for the question a request is told to wait, and an exit goes without", async () => {
  const { reads, meter } = readsOf(async () => "default", 100);
  meter.add(START, 85);
  await expect(reads.during("request", () => reads.mode())).rejects.toMatchObject({ code: "RATE_LIMITED" });
  expect(await reads.during("exit", () => reads.mode())).toBeNull();
  expect(await reads.during("operator", () => reads.mode())).toBe("default");
});
