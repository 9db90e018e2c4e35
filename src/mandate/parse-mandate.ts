import { type Address, lower } from "../core/hex.ts";
import { checkTerms } from "./check-terms.ts";
import { checkVenue } from "./check-venue.ts";
import type { Finding } from "./finding.ts";
import { type Checked, issuesToProblems } from "./issues-to-problems.ts";
import { MandateFileError, type Problem, type ShownProblem } from "./mandate-file-error.ts";
import { mandateSchema } from "./mandate-schema.ts";
import { readNetworks } from "./read-networks.ts";
import { type Path, type ReadYaml, readYaml } from "./read-yaml.ts";
import { callableContracts, resolveBook } from "./resolve-book.ts";
import { SourceText, type Span } from "./source-text.ts";
import { splitFrontmatter } from "./split-frontmatter.ts";
import { didYouMean } from "./suggest.ts";
import type { Brief, Mandate, Terms } from "./terms.ts";
import { toBrief } from "./to-brief.ts";
import { fleetWithDefaults, withDefaults } from "./with-defaults.ts";

export interface ParseMandateOptions {
  /** The file's name, for messages and nothing else. */
  readonly file: string;
  /** Resolve for this network instead of the one that the file names. */
  readonly network?: string | undefined;
  /** Decide this way instead of the one that the file names. */
  readonly decider?: Brief["decider"] | undefined;
  /** The throwaway wallet of the world: the wallet of rehearsals that name none. */
  readonly worldWallet?: Address | undefined;
  /** The text of a book at a path relative to the mandate. Left out: a mandate that names one is refused. */
  readonly readBook?: ((path: string) => string) | undefined;
  /** Where prompts and strategies are that it names: read by the agent side alone. */
  readonly folder?: string | undefined;
}

const LARGEST = 256 * 1024;

/**
 * Reads a mandate file and resolves it for its network. Pure, but for `readBook`.
 *
 * @throws {MandateFileError} with every problem that was found, each with its line and its remedy.
 */
export function parseMandate(text: string, options: ParseMandateOptions): Mandate {
  const source = new SourceText(options.file, text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"));
  const fail = (span: Span, code: Problem["code"], message: string, remedy: string) =>
    new MandateFileError([source.show(span, { path: "", code, message, remedy })]);
  const top = { start: 0, end: 3 };
  if (source.text.length > LARGEST) throw fail(top, "TOO_LARGE", "larger than 256 KiB", "A mandate is a page or two of text.");
  const cut = splitFrontmatter(source.text);
  if ("wrong" in cut) {
    const message = cut.wrong === "none" ? "no frontmatter" : "the frontmatter is never closed";
    const remedy = "Start with a line of three dashes, then the keys, then another line of three dashes, then the strategy.";
    throw fail(top, "NO_FRONTMATTER", message, remedy);
  }

  const yaml = readYaml(source, cut.yaml);
  const problems: ShownProblem[] = [...yaml.problems];
  const prose = source.text.slice(cut.prose.start, cut.prose.end).trim();
  if (prose === "") {
    const remedy = "Write the strategy below the frontmatter, in plain words: it is what the model follows.";
    const end = { start: Math.max(0, cut.yaml.end), end: cut.yaml.end + 3 };
    problems.push(source.show(end, { path: "", code: "EMPTY_PROSE", message: "no strategy", remedy }));
  }
  if (problems.some(({ code }) => code === "NOT_YAML")) throw new MandateFileError(problems);

  const checked: Checked = { source, yaml, root: [], numeraire: textAt(yaml, ["numeraire"]) ?? "USDC" };
  const written = mandateSchema.safeParse(yaml.tree);
  const told = new Set(yaml.problems.map(({ path }) => path));
  problems.push(...issuesToProblems(written.error?.issues ?? [], checked).filter(({ path }) => !told.has(path)));
  const networks = readNetworks(checked, options);
  problems.push(...networks.problems);
  if (!written.success || problems.length > 0) throw new MandateFileError(problems);

  const name = options.network ?? written.data.network;
  const network = networks.byName.get(name);
  if (!network) {
    const names = [...networks.byName.keys()];
    const remedy = didYouMean(name, names, `Networks here: ${names.join(", ") || "none"}.`);
    const shown = {
      path: "network",
      code: "UNKNOWN_NETWORK" as const,
      message: `network: ${name} is not under networks`,
      remedy,
    };
    throw new MandateFileError([
      source.show(options.network === undefined ? yaml.value(["network"]) : yaml.key(["networks"]), shown),
    ]);
  }

  const root: Path = ["networks", name];
  const { book, rehearsal, findings } = resolveBook(network.written, root);
  const wallet = network.written.wallet ?? (rehearsal ? options.worldWallet : undefined);
  const callable = [...new Set(Object.values(book.chains).flatMap(callableContracts))];
  const markets = Object.values(book.exchanges).flatMap((exchange) => Object.keys(exchange.markets));
  const { limits, defaulted } = withDefaults(written.data.limits, callable, markets);
  const terms: Terms = {
    id: written.data.id,
    venue: written.data.venue,
    network: name,
    numeraire: written.data.numeraire,
    accounts: wallet === undefined ? {} : { wallet: lower(wallet) },
    book,
    limits,
    ...(written.data.fleet ? { fleet: fleetWithDefaults(written.data.fleet) } : {}),
  };
  const decider = options.decider ?? written.data.decider;
  const brief = toBrief({ ...written.data, decider }, prose, limits.max_slippage_bps, options.folder);
  const all: readonly Finding[] = [
    ...findings,
    ...(wallet === undefined ? [walletMissing(root, rehearsal)] : []),
    ...checkVenue(written.data, terms, root),
    ...checkTerms(terms, rehearsal),
    ...checkPlan(brief, terms),
    ...checkDecider(brief, terms),
    ...checkCode(brief),
    ...checkLoop(brief),
  ];
  if (all.length > 0) {
    throw new MandateFileError(
      all.map((finding) => {
        const place = finding.path[0] === "networks" ? network.checked : checked;
        const path = finding.path.join(".");
        return place.source.show(place.yaml[finding.part](finding.path), {
          path,
          code: finding.code,
          message: `${path}: ${finding.message}`,
          remedy: finding.remedy,
        });
      }),
    );
  }
  return { terms, brief, defaulted, rehearsal };
}

function textAt(yaml: ReadYaml, path: Path): string | undefined {
  const found = yaml.at(path);
  return typeof found === "string" ? found : undefined;
}

function walletMissing(root: Path, rehearsal: boolean): Finding {
  const remedy = rehearsal
    ? "Write the wallet's address, or rehearse it: a world has a throwaway wallet of its own."
    : "Write the address that this mandate may use: the gateway holds its key.";
  return { path: [...root, "wallet"], part: "key", code: "WALLET_REQUIRED", message: "missing", remedy };
}

function checkDecider({ decider }: Brief, { limits: { allowed_deciders: allowed } }: Terms): readonly Finding[] {
  if (allowed === "all" || allowed.includes(decider)) return [];
  const message = `${decider} is not among limits.allowed_deciders`;
  const remedy = didYouMean(decider, allowed, `Allowed here: ${allowed.join(", ") || "none"}.`);
  return [{ path: ["decider"], part: "value", code: "CONFLICT", message, remedy }];
}

function checkCode({ decider, code }: Brief): readonly Finding[] {
  if (decider !== "code" || code !== undefined) return [];
  const remedy = "Write `code: ./strategy.ts` beside `decider: code`.";
  return [{ path: ["decider"], part: "value", code: "MISSING_KEY", message: "code names no module", remedy }];
}

function checkLoop({ loop }: Brief): readonly Finding[] {
  if (!loop || loop.keep < loop.messages) return [];
  const message = `${loop.keep} messages kept of ${loop.messages} leave no room for another`;
  const remedy = `Write keep: ${Math.floor(loop.messages / 2)}, or more messages.`;
  return [{ path: ["loop"], part: "value", code: "CONFLICT", message, remedy }];
}

function checkPlan({ plan }: Brief, { limits: { max_slippage_bps: most } }: Terms): readonly Finding[] {
  if (most === "unlimited" || plan.slippage_bps.lte(most)) return [];
  const message = `${plan.slippage_bps.toFixed()} is above limits.max_slippage_bps (${most.toFixed()})`;
  return [
    { path: ["plan", "slippage_bps"], part: "value", code: "OUT_OF_RANGE", message, remedy: `Write ${most.toFixed()} or less.` },
  ];
}
