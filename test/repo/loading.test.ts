import { expect, test } from "vitest";
import { importedLater, loadedWith } from "./import-graph.ts";
import { readSources } from "./source-text.ts";

const files = readSources("src");

/** What only some mandates need, and takes long to load. */
const NOT_AT_ONCE = [
  "@earendil-works/pi-agent-core",
  "@earendil-works/pi-ai",
  "@modelcontextprotocol/sdk/server/index.js",
  "@nktkas/hyperliquid",
  "node:http",
  "trading-signals",
  "viem",
  "ws",
];

test.each([
  ["the gateway", "src/gateway/serve/main.ts", []],
  // The agent's process holds no gateway: what signs is not even loaded there.
  ["an agent", "src/cli/run/run-live.ts", ["src/gateway/open-wallet.ts"]],
  ["a rehearsal", "src/worlds/rehearsal/rehearse.ts", ["src/gateway/open-wallet.ts"]],
  ["a mandate that is read", "src/mandate/read-mandate.ts", ["better-sqlite3", "src/core/node-http.ts"]],
])("with %s nothing is loaded that it may never need", (_what, entry, more) => {
  const loaded = loadedWith(files, entry);
  expect(loaded.size).toBeGreaterThan(50);
  expect([...NOT_AT_ONCE, ...more].filter((name) => loaded.has(name))).toEqual([]);
});

test("a gateway's process has loaded all that its operator needs of it: late comes what speaks protobuf to agents, and no more", () => {
  const loaded = loadedWith(files, "src/gateway/serve/main.ts");
  const late = files.filter(({ path }) => loaded.has(path)).flatMap((file) => importedLater(file));
  expect(late).toEqual(["src/gateway/serve/connect-handler.ts"]);
  expect(importedLater({ path: "src/a.ts", text: 'import "./b.ts";\nconst c = await import("./c.ts");' })).toEqual(["src/c.ts"]);
});

test("what is loaded is what imports bring at once, through others, and neither types nor what is imported later", () => {
  const [a, b] = [
    { path: "src/a.ts", text: 'import type { T } from "types";\nimport { b } from "./b.ts";\nconst c = await import("later");' },
    {
      path: "src/b.ts",
      text: 'import {\n  type U,\n  b,\n} from "@one/package";\nimport "alone";\nexport const from = "no import";',
    },
  ];
  expect([...loadedWith([a, b], "src/a.ts")].sort()).toEqual(["@one/package", "alone", "src/a.ts", "src/b.ts"]);
});
