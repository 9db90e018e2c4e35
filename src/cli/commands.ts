import type { Command } from "commander";
import { checkCommand } from "./commands/check.ts";
import { decideCommand } from "./commands/decide.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { gatewayCommand } from "./commands/gateway.ts";
import { initCommand } from "./commands/init.ts";
import { limitsCommand } from "./commands/limits.ts";
import { logCommand } from "./commands/log.ts";
import { rehearseCommand } from "./commands/rehearse.ts";
import { runCommand } from "./commands/run.ts";
import { startCommand } from "./commands/start.ts";
import { verifyCommand } from "./commands/verify.ts";
import { worldCommand } from "./commands/world.ts";

/**
 * Every command, in the order of --help. A file here declares its command and imports what it needs only when it runs:
 * --help answers before anything heavy is loaded.
 */
export const COMMANDS: readonly (() => Command)[] = [
  startCommand,
  initCommand,
  checkCommand,
  rehearseCommand,
  runCommand,
  gatewayCommand,
  decideCommand,
  logCommand,
  limitsCommand,
  verifyCommand,
  worldCommand,
  doctorCommand,
];
