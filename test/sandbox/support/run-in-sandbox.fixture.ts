import { openLoneSandbox } from "./sandbox-house.ts";

// Runs a script in a sandbox over a folder, and says what it said: node FILE WORKSPACE SCRIPT
const [, , workspace = "", script = ""] = process.argv;
await using lone = await openLoneSandbox({ workspace });
const { stdout, stderr } = await lone.sh(script);
process.stdout.write(stdout + stderr);
