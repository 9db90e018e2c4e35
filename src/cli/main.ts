#!/usr/bin/env node
import "./require-node-24.ts";
import { runCli } from "./run-cli.ts";

// A reader that has seen enough ("| head") is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const code = await runCli(process.argv.slice(2));
if (code !== 0) process.exitCode = code;
