import type { Command } from "commander";
import { amendCommand } from "./commands/amend.ts";
import { approvalsCommand } from "./commands/approvals.ts";
import { axCommand } from "./commands/ax.ts";
import { checkCommand } from "./commands/check.ts";
import { decideCommand } from "./commands/decide.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { flattenCommand } from "./commands/flatten.ts";
import { freezeCommand } from "./commands/freeze.ts";
import { gatewayCommand } from "./commands/gateway.ts";
import { initCommand } from "./commands/init.ts";
import { keysCommand } from "./commands/keys.ts";
import { killCommand } from "./commands/kill.ts";
import { limitsCommand } from "./commands/limits.ts";
import { logCommand } from "./commands/log.ts";
import { mcpCommand } from "./commands/mcp.ts";
import { modelCommand } from "./commands/model.ts";
import { planCommand } from "./commands/plan.ts";
import { promptCommand } from "./commands/prompt.ts";
import { reconcileCommand } from "./commands/reconcile.ts";
import { rehearseCommand } from "./commands/rehearse.ts";
import { reportCommand } from "./commands/report.ts";
import { runCommand } from "./commands/run.ts";
import { startCommand } from "./commands/start.ts";
import { strategiesCommand } from "./commands/strategies.ts";
import { tokensCommand } from "./commands/tokens.ts";
import { unfreezeCommand } from "./commands/unfreeze.ts";
import { verifyCommand } from "./commands/verify.ts";
import { workspaceCommand } from "./commands/workspace.ts";
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
  mcpCommand,
  workspaceCommand,
  axCommand,
  keysCommand,
  tokensCommand,
  promptCommand,
  decideCommand,
  strategiesCommand,
  modelCommand,
  logCommand,
  planCommand,
  reportCommand,
  limitsCommand,
  approvalsCommand,
  freezeCommand,
  unfreezeCommand,
  killCommand,
  flattenCommand,
  reconcileCommand,
  amendCommand,
  verifyCommand,
  worldCommand,
  doctorCommand,
];
