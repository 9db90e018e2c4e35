import { messageOf } from "../core/errors.ts";
import { type Checked, issuesToProblems } from "./issues-to-problems.ts";
import type { ShownProblem } from "./mandate-file-error.ts";
import { networkSchema, type WrittenNetwork } from "./network-schema.ts";
import { type Path, readYaml } from "./read-yaml.ts";
import { SourceText } from "./source-text.ts";

export interface ReadNetwork {
  readonly written: WrittenNetwork;
  /** Where the network was read from: the mandate, or a book of its own. */
  readonly checked: Checked;
}

export interface ReadNetworks {
  readonly byName: ReadonlyMap<string, ReadNetwork>;
  readonly problems: readonly ShownProblem[];
}

const LARGEST = 1024 * 1024;

/** Every network of a mandate, from the mandate itself or from the book that it names. */
export function readNetworks(
  mandate: Checked,
  { readBook }: { readonly readBook?: ((path: string) => string) | undefined },
): ReadNetworks {
  const byName = new Map<string, ReadNetwork>();
  const problems: ShownProblem[] = [];
  const networks = mandate.yaml.at(["networks"]);
  if (typeof networks !== "object" || networks === null || Array.isArray(networks)) return { byName, problems };
  for (const name of Object.keys(networks)) {
    const root: Path = ["networks", name];
    let checked: Checked = { ...mandate, root };
    const found = mandate.yaml.at(root);
    if (typeof found === "string") {
      const book = openBook(found, mandate, root, readBook);
      problems.push(...book.problems);
      if (!book.checked) continue;
      checked = book.checked;
    }
    const written = networkSchema.safeParse(checked.yaml.at(root));
    if (written.success) byName.set(name, { written: written.data, checked });
    else problems.push(...issuesToProblems(written.error.issues, checked));
  }
  return { byName, problems };
}

function openBook(
  path: string,
  mandate: Checked,
  root: Path,
  readBook: ((path: string) => string) | undefined,
): { readonly checked?: Checked; readonly problems: readonly ShownProblem[] } {
  const refuse = (code: "BAD_PATH" | "BOOK_UNREADABLE", message: string, remedy: string) => ({
    problems: [
      mandate.source.show(mandate.yaml.value(root), {
        path: root.join("."),
        code,
        message: `${root.join(".")}: ${message}`,
        remedy,
      }),
    ],
  });
  if (!/^\.{1,2}\/[A-Za-z0-9._/-]+\.(?:ya?ml|json)$/.test(path)) {
    const remedy = "Write the path of a .yaml or .json book, relative to the mandate: ./base.yaml or ../books/base.yaml.";
    return refuse("BAD_PATH", `${JSON.stringify(path.slice(0, 60))} is no relative path of a book`, remedy);
  }
  if (!readBook) return refuse("BOOK_UNREADABLE", `${path} cannot be read from here`, "Write the network out in the mandate.");
  let text: string;
  try {
    text = readBook(path);
  } catch (error) {
    return refuse(
      "BOOK_UNREADABLE",
      `${path} cannot be read: ${messageOf(error)}`,
      "Correct the path: it is relative to the mandate.",
    );
  }
  if (text.length > LARGEST) return refuse("BOOK_UNREADABLE", `${path} is larger than 1 MiB`, "Keep the book to what is used.");
  const source = new SourceText(path, text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"));
  const yaml = readYaml(source, { start: 0, end: source.text.length }, root);
  if (yaml.problems.length > 0) return { problems: yaml.problems };
  return { checked: { ...mandate, source, yaml, root }, problems: [] };
}
