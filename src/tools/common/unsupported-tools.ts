import { z } from "zod";
import { amountOrAll, dryRun } from "../schemas.ts";
import { defineTool, type Tool } from "../tool.ts";
import { ToolError } from "../tool-error.ts";

const NO_LENDING = "no lending protocol is among those that the gateway can bound";
const NO_BRIDGE = "no bridge is among those that the gateway can bound";

const lending = z.strictObject({
  token: z.string().max(120),
  amount: amountOrAll.optional(),
  protocol: z.string().max(60).default("aave_v3"),
  chain: z.string().max(60).optional(),
  dry_run: dryRun,
});
const looking = z.strictObject({ protocol: z.string().max(60).default("aave_v3"), chain: z.string().max(60).optional() });
const bridging = z
  .strictObject({
    token: z.string().max(120),
    amount: amountOrAll,
    from_chain: z.string().max(60),
    to_chain: z.string().max(60),
    dry_run: dryRun,
  })
  .refine(
    ({ from_chain, to_chain }) => from_chain.toLowerCase() !== to_chain.toLowerCase(),
    "from_chain and to_chain are the same",
  );

function unsupported<In extends z.ZodObject>(
  name: string,
  title: string,
  description: string,
  input: In,
  reason: string,
  reads = false,
): Tool {
  return defineTool({
    name,
    title,
    description: `${description} Not supported on this network: ${reason}.`,
    category: reads ? "data" : "action",
    input,
    output: z.null(),
    unsupported: true,
    async run() {
      throw new ToolError("unsupported", reason, { remedy: "Choose something that does not need it." });
    },
  });
}

/** What users know from elsewhere and no network here has yet: part of the interface, refused with the reason. */
export const UNSUPPORTED_TOOLS: readonly Tool[] = [
  unsupported("list_lending_positions", "Lending positions", "What is lent and borrowed.", looking, NO_LENDING, true),
  unsupported("list_lending_reserves", "Lending reserves", "What can be lent and borrowed.", looking, NO_LENDING, true),
  unsupported("supply_lending", "Supply", "Lend a token.", lending, NO_LENDING),
  unsupported("withdraw_lending", "Withdraw", "Take a lent token back.", lending, NO_LENDING),
  unsupported("borrow_lending", "Borrow", "Borrow a token.", lending, NO_LENDING),
  unsupported("repay_lending", "Repay", "Pay a borrowed token back.", lending, NO_LENDING),
  unsupported("bridge_tokens", "Bridge", "Move a token to another chain.", bridging, NO_BRIDGE),
];
