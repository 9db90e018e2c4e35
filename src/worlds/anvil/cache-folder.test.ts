import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheFolder } from "./cache-folder.ts";

test("MANDATE_CACHE is taken as it is, then the user's cache folder, then ~/.cache", () => {
  expect(cacheFolder({ MANDATE_CACHE: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a");
  expect(cacheFolder({ XDG_CACHE_HOME: "/b" })).toBe("/b/mandate");
  expect(cacheFolder({})).toBe(join(homedir(), ".cache", "mandate"));
});
