import { Command } from "commander";
import { examples } from "../examples.ts";
import { type OperatorOptions, operatorOptions } from "../operator/operator-options.ts";
import { outputOf } from "../output.ts";
import { wholeNumber } from "../whole-number.ts";

interface ApproveOptions extends OperatorOptions {
  readonly minutes?: number;
}

export function approvalsCommand(): Command {
  const command = new Command("approvals")
    .summary("what waits for your approval, and your answer")
    .description(
      "Requests above require_human_approval_above_usd, for functions in require_human_approval_for and for new addresses wait for the operator: for an hour, then the answer is no. What is shown is the gateway's own facts; what the agent says comes last. An approval is for these calls at these bounds, once, and waives no other limit.",
    );
  command.addCommand(list(), { isDefault: true });
  for (const child of [show(), approve(), deny()]) command.addCommand(child);
  return command.addHelpText(
    "after",
    examples([
      ["mandate approvals list MANDATE.md", "what waits"],
      ["mandate approvals show MANDATE.md 3f2a90c1b7de", "one question, whole"],
      ["mandate approvals approve MANDATE.md 3f2a90c1b7de", "yes, once, within the hour"],
      ["mandate approvals deny MANDATE.md 3f2a90c1b7de", "no"],
    ]),
  );
}

function list(): Command {
  return operatorOptions(new Command("list"))
    .summary("questions, newest last")
    .description("List the questions of this wallet, newest last: open, granted and what became of the others.")
    .addHelpText("after", examples([["mandate approvals list MANDATE.md", "what waits"]]))
    .action(async (target: string, options: OperatorOptions, self: Command) => {
      const [{ withOperator }, { renderPermitLine }] = await load();
      const permits = await withOperator(target, options, (operator) => operator.permits());
      outputOf(self).document({ permits }, () => permits.map(renderPermitLine).join("\n") || "nothing waits");
    });
}

function show(): Command {
  return operatorOptions(new Command("show"))
    .argument("<id>", "the question's id")
    .summary("one question, whole")
    .description("Show one question: asset, amount, address, worst loss and share of the whole, then the agent's words.")
    .addHelpText("after", examples([["mandate approvals show MANDATE.md 3f2a90c1b7de", "one question, whole"]]))
    .action(async (target: string, id: string, options: OperatorOptions, self: Command) => {
      const [{ withOperator }, { renderPermit }] = await load();
      const { permit, agent_says } = await withOperator(target, options, (operator) => operator.permit(id));
      outputOf(self).document({ permit, agent_says }, () => renderPermit(permit, agent_says));
    });
}

function approve(): Command {
  return operatorOptions(new Command("approve"))
    .argument("<id>", "the question's id")
    .option("--minutes <n>", "for how long it can be used (default: 60, at most 1440)", wholeNumber)
    .summary("yes, once")
    .description("Grant a question: the same calls, at no worse a bound than shown, once and until a time.")
    .addHelpText(
      "after",
      examples([["mandate approvals approve MANDATE.md 3f2a90c1b7de --minutes 30", "yes, once, within half an hour"]]),
    )
    .action(async (target: string, id: string, options: ApproveOptions, self: Command) => {
      const [{ withOperator }, { renderPermitLine }] = await load();
      const hold = options.minutes === undefined ? undefined : options.minutes * 60_000;
      const permit = await withOperator(target, options, (operator) => operator.approve(id, hold));
      outputOf(self).document({ permit }, () => renderPermitLine(permit));
    });
}

function deny(): Command {
  return operatorOptions(new Command("deny"))
    .argument("<id>", "the question's id")
    .summary("no")
    .description("Deny a question, or take back a grant that was not used. The same is not asked again within the hour.")
    .addHelpText("after", examples([["mandate approvals deny MANDATE.md 3f2a90c1b7de", "no"]]))
    .action(async (target: string, id: string, options: OperatorOptions, self: Command) => {
      const [{ withOperator }, { renderPermitLine }] = await load();
      const permit = await withOperator(target, options, (operator) => operator.deny(id));
      outputOf(self).document({ permit }, () => renderPermitLine(permit));
    });
}

function load() {
  return Promise.all([import("../operator/reach-operator.ts"), import("../operator/render-permit.ts")]);
}
