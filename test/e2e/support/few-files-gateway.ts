// A gateway that may have few files open at once, as under a system's low limit.
import { spawnSync } from "node:child_process";

const MOST = "128";
const { status, stderr } = spawnSync("prlimit", [`--nofile=${MOST}:${MOST}`, "--pid", String(process.pid)], { encoding: "utf8" });
if (status !== 0) throw new TypeError(`prlimit: ${stderr}`);
await import("../../../src/gateway/serve/main.ts");
