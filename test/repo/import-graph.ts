import { posix } from "node:path";
import { codeOf, isForTests, type SourceFile } from "./source-text.ts";

/** Rooms from the lowest to the highest: each may import what stands before it. */
export const ROOMS = [
  "core",
  "protocols",
  "journal",
  "mandate",
  "gateway",
  "planning",
  "venues",
  "llm",
  "tools",
  "deciders",
  "governance",
  "agent",
  "worlds",
  "swarm",
  "cli",
  "console",
  "entries",
] as const;

/** All that the agent side may know of the gateway. */
const CONTRACT: ReadonlySet<string> = new Set([
  "src/gateway/contract.ts",
  "src/gateway/client.ts",
  "src/gateway/gateway-error.ts",
]);
/** Rooms that may start a whole gateway. */
const MAY_START_GATEWAYS: ReadonlySet<string> = new Set(["gateway", "worlds", "swarm", "cli", "console", "entries"]);

/** Everything that reaches out of the process, and the only files that may. */
export const EDGES: Readonly<Record<string, readonly string[]>> = {
  "node:child_process": [
    "src/cli/doctor/examine-packages.ts",
    "src/gateway/serve/gateway-process.ts",
    "src/gateway/serve/guard-process.ts",
    "src/gateway/fork/anvil-process.ts",
    "src/tools/sandbox/run-command.ts",
    "src/worlds/anvil/packages.ts",
  ],
  // Where the next four come from; who is listed there beside it names their types, or is rarely loaded.
  "src/core/node-http.ts": [
    "src/gateway/client/http-poster.ts",
    "src/gateway/json-rpc/serve-json-rpc.ts",
    "src/gateway/serve/listen-http.ts",
    "src/gateway/serve/tcp-listen.ts",
    "src/llm/scripted/start-scripted-model.ts",
    "src/protocols/post-json.ts",
    "src/tools/mcp/serve-mcp-http.ts",
    "src/tools/sandbox/door.ts",
    "src/worlds/anvil/json-rpc.ts",
    "src/worlds/paper-exchange/server/http-front.ts",
  ],
  "node:http": [
    "src/core/node-http.ts",
    "src/gateway/client/http-poster.ts",
    "src/gateway/json-rpc/serve-json-rpc.ts",
    "src/gateway/serve/http-answer.ts",
    "src/gateway/serve/listen-http.ts",
    "src/llm/scripted/start-scripted-model.ts",
    "src/protocols/post-json.ts",
    "src/tools/mcp/serve-mcp-http.ts",
    "src/tools/sandbox/door.ts",
    "src/worlds/anvil/json-rpc.ts",
    "src/worlds/paper-exchange/server/http-front.ts",
  ],
  "node:http2": ["src/core/node-http.ts", "src/gateway/serve/listen-http.ts", "src/gateway/serve/watch-session.ts"],
  "node:https": ["src/core/node-http.ts", "src/tools/sandbox/fetch-proxy.ts"],
  // What it makes can load anything by name. They look for files of packages.
  "node:module": [
    "src/cli/doctor/examine-packages.ts",
    "src/gateway/fork/anvil-binary.ts",
    "src/tools/sandbox/cast-binary.ts",
    "src/worlds/anvil/artifacts.ts",
  ],
  "node:net": [
    "src/cli/world/forward-port.ts",
    "src/gateway/serve/listen-http.ts",
    "src/gateway/serve/port-of.ts",
    "src/gateway/serve/tcp-listen.ts",
    "src/tools/sandbox/public-address.ts",
  ],
  "node:tls": ["src/core/node-http.ts", "src/tools/sandbox/stand-in-etc.ts"],
  ws: ["src/worlds/paper-exchange/server/http-front.ts", "src/worlds/paper-exchange/server/socket-session.ts"],
  fetch: ["src/llm/watched-fetch.ts"],
};

/** Modules that reach out of the process and have no edge: forbidden everywhere. */
const NEVER = ["node:dgram", "node:cluster", "node:worker_threads", "node:vm", "undici"];

export interface Import {
  readonly from: string;
  /** A file of src/ by its path, or a module's name. */
  readonly to: string;
}

/** What files import, types included. An import whose name is computed comes back as "(computed)". */
export function importsOf(files: readonly SourceFile[]): readonly Import[] {
  return files.flatMap(({ path, text }) => specifiers(codeOf(text)).map((name) => ({ from: path, to: target(path, name) })));
}

/** What is loaded at once with a file: files by their paths, modules by their names. Types and what is imported later are not. */
export function loadedWith(files: readonly SourceFile[], entry: string): ReadonlySet<string> {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const loaded = new Set([entry]);
  for (const path of loaded) {
    const code = codeOf(texts.get(path) ?? "");
    for (const [, name = ""] of code.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^;"'()]*?\bfrom\s*)?["']([^"']+)["']/gm)) {
      loaded.add(target(path, name));
    }
  }
  return loaded;
}

/** What a file imports when it gets there, not with itself. */
export function importedLater({ path, text }: SourceFile): readonly string[] {
  return [...codeOf(text).matchAll(/\bimport\s*\(\s*["']?([^"')]*)/g)].map(([, name = ""]) => target(path, name));
}

/** Every import that the rules forbid, each in a line of its own. */
export function forbidden(imports: readonly Import[]): readonly string[] {
  return imports.flatMap(({ from, to }) => {
    const why = (to.startsWith("src/") ? roomProblem(from, to) : null) ?? edgeProblem(from, to);
    return why === null ? [] : [`${from} imports ${to}: ${why}`];
  });
}

/** Files that call `fetch` itself and are no edge. */
export function strayFetches(files: readonly SourceFile[]): readonly string[] {
  const edges = EDGES.fetch ?? [];
  return files
    .map(({ path, text }) => (/\bfetch\s*\(/.test(codeOf(text)) && !edges.includes(path) && !isForTests(path) ? path : ""))
    .filter(Boolean);
}

/** A cycle of rooms, if there is one, as its rooms in order. */
export function roomCycle(imports: readonly Import[]): readonly string[] | null {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    if (!to.startsWith("src/") || roomOf(from) === roomOf(to)) continue;
    next.set(roomOf(from), (next.get(roomOf(from)) ?? new Set()).add(roomOf(to)));
  }
  const done = new Set<string>();
  const visit = (room: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(room)) return [...path.slice(path.indexOf(room)), room];
    if (done.has(room)) return null;
    for (const below of next.get(room) ?? []) {
      const cycle = visit(below, [...path, room]);
      if (cycle) return cycle;
    }
    done.add(room);
    return null;
  };
  for (const room of next.keys()) {
    const cycle = visit(room, []);
    if (cycle) return cycle;
  }
  return null;
}

export function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function specifiers(code: string): readonly string[] {
  const found = [
    ...code.matchAll(/\b(?:import|export)\b[^;"'`()]*?\bfrom\s*["']([^"']+)["']/g),
    ...code.matchAll(/\bimport\s*["']([^"']+)["']/g),
    ...code.matchAll(/\b(?:import|getBuiltinModule)\s*\(\s*["']([^"']+)["']/g),
  ].map(([, name = ""]) => name);
  const computed = [...code.matchAll(/\bimport\s*\(\s*[^"'\s]|\bgetBuiltinModule\b(?!\s*\(\s*["'])/g)].map(() => "(computed)");
  return [...new Set([...found, ...computed])];
}

function target(from: string, name: string): string {
  return name.startsWith(".") ? posix.join(posix.dirname(from), name) : name;
}

function roomProblem(from: string, to: string): string | null {
  const [room, other] = [roomOf(from), roomOf(to)];
  const [own, wanted] = [rank(room), rank(other)];
  if (own < 0) return `${room} is no room`;
  if (wanted < 0) return `${other} is no room`;
  if (wanted > own) return `${other} stands above ${room}`;
  if (other === "gateway" && !MAY_START_GATEWAYS.has(room) && !CONTRACT.has(to))
    return "the agent side knows the gateway's contract and client only";
  return null;
}

function edgeProblem(from: string, to: string): string | null {
  if (isForTests(from)) return null;
  const name = to.startsWith("node:") ? (to.split("/")[0] ?? to) : to;
  if (NEVER.includes(name)) return "nothing needs it";
  const edge = EDGES[name];
  return edge && !edge.includes(from) ? "it is no edge (test/repo/import-graph.ts lists them)" : null;
}

function rank(room: string): number {
  return (ROOMS as readonly string[]).indexOf(room);
}
