import { Command } from "commander";
import { printable } from "../../mandate/render-problem.ts";
import { examples } from "../examples.ts";
import type { CostLine, CostSummary } from "../model/cost-summary.ts";
import { outputOf } from "../output.ts";
import { type WhichJournal, whichJournal } from "../which-journal.ts";

interface CheckOptions {
  readonly model?: string;
}

export function modelCommand(): Command {
  return new Command("model")
    .summary("the model: check it, and what it has cost")
    .description("Try a model before it decides anything, and read from the journal what the calls have cost.")
    .addCommand(checkCommand())
    .addCommand(costsCommand())
    .addHelpText("after", examples([["mandate model check MANDATE.md", "can it answer, how fast, at what price"]]));
}

function checkCommand(): Command {
  return new Command("check")
    .summary("can it answer, how fast, at what price")
    .description(
      "Ask a model three small questions: a typed answer as its provider has it, JSON arguments of a tool call, JSON in text. It needs the model's key and costs a little. Exit 1 when none of the three works.",
    )
    .argument("[file]", "a mandate, for its model; without it --model, or AGENT_LLM_* of the environment")
    .option("--model <provider/id>", "this model instead")
    .addHelpText(
      "after",
      examples([
        ["mandate model check MANDATE.md", "the mandate's own"],
        ["mandate model check --model openrouter/anthropic/claude-sonnet-4.5", "another"],
      ]),
    )
    .action(async (file: string | undefined, { model }: CheckOptions, command: Command) => {
      const output = outputOf(command);
      const [{ checkModel }, { configFor }, { priceNote }, { systemClock }, { seededRandom }, { version }, { EXIT }] =
        await Promise.all([
          import("../../llm/check-model.ts"),
          import("../model/config-for.ts"),
          import("../../llm/model-price.ts"),
          import("../../core/clock.ts"),
          import("../../core/random.ts"),
          import("../version.ts"),
          import("../exit-code.ts"),
        ]);
      const config = configFor(file, model);
      const checked = await checkModel({
        ...(config ? { config } : {}),
        env: process.env,
        clock: systemClock,
        random: seededRandom("model check"),
        version: version(),
        stopwatch: () => performance.now(),
      });
      const { provider, id, api, price } = checked.model;
      const note = priceNote(checked.model) ?? null;
      const works = checked.checks.some(({ ok }) => ok);
      output.document({ works, model: { provider, id, api }, price, price_note: note, checks: checked.checks }, () =>
        [
          `${provider}/${id} over ${api}`,
          `$${price.input.toFixed()} in, $${price.output.toFixed()} out per million tokens (${price.basis})`,
          ...(note === null ? [] : [printable(note)]),
          "",
          ...checked.checks.map(({ check, ok, code, detail, took_ms, calls, input_tokens, output_tokens, cost_usd }) => {
            const figures = `${took_ms} ms, ${calls} calls, ${input_tokens} in, ${output_tokens} out, $${cost_usd.toFixed()}`;
            return `${check.padEnd(14)}${ok ? "works" : `${code}: ${printable(detail)}`}   ${figures}`;
          }),
        ].join("\n"),
      );
      if (!works) process.exitCode = EXIT.failed;
    });
}

function costsCommand(): Command {
  return whichJournal(new Command("costs"))
    .summary("what the model's calls have cost")
    .description("Sum the model calls of a journal: in all, a call, a decision, a day, a model.")
    .addHelpText("after", examples([["mandate model costs MANDATE.md", "of the newest journal"]]))
    .action(async (target: string, options: WhichJournal, command: Command) => {
      const output = outputOf(command);
      const [{ findJournal, NoJournalError }, { openJournalReader }, { ownStream }, { costSummary }, { createPlacer }] =
        await Promise.all([
          import("../find-journal.ts"),
          import("../../journal/sqlite/open-journal-reader.ts"),
          import("../journal/wallet-streams.ts"),
          import("../model/cost-summary.ts"),
          import("../journal/place-entries.ts"),
        ]);
      const { home, run, journal: path } = await findJournal(target, options);
      const journal = await openJournalReader(path);
      try {
        const stream = await ownStream(journal, home);
        if (stream === undefined) throw new NoJournalError(target, " with anything in it", target);
        const summary = await costSummary(journal.read(stream), createPlacer(journal));
        output.document({ home, run, ...summary }, () => renderCosts(summary));
      } finally {
        await journal.close();
      }
    });
}

function renderCosts({
  calls,
  decisions,
  usd,
  usd_per_call,
  usd_per_decision,
  reserved_calls,
  days,
  models,
}: CostSummary): string {
  const lines = (all: readonly CostLine[]) =>
    all.map(({ name, calls: count, usd: cost }) => `  ${printable(name).padEnd(32)}$${cost.toFixed(6)} in ${count} calls`);
  const mean = (value: CostSummary["usd_per_call"]) => (value === null ? "none" : `$${value.toFixed(6)}`);
  return [
    `$${usd.toFixed(6)} in ${calls} calls for ${decisions} decisions; ${mean(usd_per_call)} a call, ${mean(usd_per_decision)} a decision`,
    ...(reserved_calls === 0 ? [] : [`${reserved_calls} calls reported no usage and count at their worst`]),
    "by day:",
    ...lines(days),
    "by model:",
    ...lines(models),
  ].join("\n");
}
