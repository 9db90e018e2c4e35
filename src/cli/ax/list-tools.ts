import { UsageError } from "../../core/errors.ts";
import { didYouMean } from "../../mandate/suggest.ts";
import { EVM_TOOLS } from "../../tools/evm/evm-tools.ts";
import { inputSchemaOf } from "../../tools/tool.ts";
import type { Output } from "../output.ts";

/** Every tool in one line each, or all of one. @throws {UsageError} when there is none of that name. */
export function listTools(output: Output, name: string | undefined): void {
  if (name === undefined) {
    const tools = EVM_TOOLS.map((tool) => ({ name: tool.name, risk: tool.risk, title: tool.annotations.title }));
    const width = Math.max(...tools.map((tool) => tool.name.length));
    output.document({ tools }, () =>
      tools.map((tool) => `${tool.name.padEnd(width)}  ${tool.risk.padEnd(5)}  ${tool.title}`).join("\n"),
    );
    return;
  }
  const tool = EVM_TOOLS.find((one) => one.name === name);
  if (!tool) {
    const known = EVM_TOOLS.map((one) => one.name);
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
