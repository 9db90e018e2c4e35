import { UsageError } from "../../core/errors.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { didYouMean } from "../../mandate/suggest.ts";
import { EVM_TOOLS } from "../../tools/evm/evm-tools.ts";
import { HYPERLIQUID_TOOLS } from "../../tools/hyperliquid/hyperliquid-tools.ts";
import { inputSchemaOf, type Tool } from "../../tools/tool.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import type { Output } from "../output.ts";

/** Every tool in one line each, or all of one. @throws {UsageError} when there is none of that name. */
export function listTools(output: Output, name: string | undefined, mandate?: string): void {
  const exchange = mandate !== undefined && readMandate(mandate, { worldWallet: REHEARSAL_WALLET }).terms.venue === "hyperliquid";
  const all: readonly Pick<Tool, "name" | "risk" | "annotations" | "description" | "category" | "input">[] = exchange
    ? HYPERLIQUID_TOOLS
    : EVM_TOOLS;
  if (name === undefined) {
    const tools = all.map((tool) => ({ name: tool.name, risk: tool.risk, title: tool.annotations.title }));
    const width = Math.max(...tools.map((tool) => tool.name.length));
    output.document({ tools }, () =>
      tools.map((tool) => `${tool.name.padEnd(width)}  ${tool.risk.padEnd(5)}  ${tool.title}`).join("\n"),
    );
    return;
  }
  const tool = all.find((one) => one.name === name);
  if (!tool) {
    const known = all.map((one) => one.name);
    throw new UsageError(`there is no tool ${JSON.stringify(name)}`, {
      remedy: didYouMean(name, known, "See: mandate ax tools"),
    });
  }
  const { description, category, risk, annotations } = tool;
  const input = inputSchemaOf(tool);
  output.document({ name, description, category, risk, annotations, input }, () =>
    [`${name} (${risk})`, description, JSON.stringify(input, null, 2)].join("\n"),
  );
}
