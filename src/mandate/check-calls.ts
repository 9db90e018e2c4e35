import { isAddress } from "../core/hex.ts";
import { functionsOf, parametersOf } from "../protocols/raw-arguments.ts";
import { typeAt } from "./argument-path.ts";
import type { ChainBook } from "./book.ts";
import type { Finding } from "./finding.ts";
import { didYouMean } from "./suggest.ts";
import type { CallCondition, Terms } from "./terms.ts";

/** What `allowed_calls` names that the book or the ABI of a contract's kind does not bear out. */
export function checkCalls({ limits: { allowed_calls: rules } }: Terms, chains: readonly ChainBook[]): readonly Finding[] {
  const known = new Map(
    chains
      .flatMap(({ contracts, assets }) => [...Object.entries(contracts), ...Object.entries(assets)])
      .map(([label, { kind }]) => [label, kind]),
  );
  return Object.entries(rules).flatMap(([label, functions]): readonly Finding[] => {
    const at = ["limits", "allowed_calls", label];
    const kind = known.get(label);
    const names = kind === undefined ? undefined : functionsOf(kind);
    if (kind === undefined || names === undefined) {
      const message =
        kind === undefined ? `${label} is no contract or asset of the network` : `${label} is only read, never called`;
      const labels = [...known.keys()].filter((name) => functionsOf(known.get(name) ?? "") !== undefined);
      const remedy = didYouMean(label, labels, `Name one of ${labels.join(", ")}.`);
      return [{ path: at, part: "key", code: "UNKNOWN_CONTRACT", message, remedy }];
    }
    return Object.entries(functions).flatMap(([name, conditions]): readonly Finding[] => {
      if (!names.includes(name)) {
        const remedy = didYouMean(name, names, `Functions of ${label}: ${names.join(", ")}.`);
        return [
          { path: [...at, name], part: "key", code: "UNKNOWN_FUNCTION", message: `${label} has no function ${name}`, remedy },
        ];
      }
      return Object.entries(conditions).flatMap(([path, condition]) =>
        checkCondition([...at, name, path], condition, { kind, label, name, path }),
      );
    });
  });
}

function checkCondition(
  at: readonly string[],
  condition: CallCondition,
  { kind, label, name, path }: { readonly kind: string; readonly label: string; readonly name: string; readonly path: string },
): readonly Finding[] {
  const parameters = parametersOf(kind, name);
  const type = typeAt(parameters, path);
  if (type === undefined) {
    const paths = parameters.flatMap((parameter) =>
      "components" in parameter ? parameter.components.map((part) => `${parameter.name}.${part.name}`) : [parameter.name ?? ""],
    );
    const remedy = didYouMean(path, paths, `Arguments of ${label}.${name}: ${paths.join(", ")}.`);
    return [{ path: at, part: "key", code: "UNKNOWN_ARGUMENT", message: `${label}.${name} has no argument ${path}`, remedy }];
  }
  const wrong = faultOf(condition, type);
  return wrong === null
    ? []
    : [
        {
          path: at,
          part: "value",
          code: "BAD_VALUE",
          message: `${path} is of type ${type}: ${wrong}`,
          remedy: REMEDIES[wordOf(type)] ?? "",
        },
      ];
}

const REMEDIES: Readonly<Record<string, string>> = {
  int: "Write raw integers, in base units: 500, [500, 3000] or { min: 1, max: 1000 }.",
  address: "Write addresses, or own for the mandate's own accounts.",
  bool: "Write true or false.",
  bytes: "Write bytes in hexadecimal, as the whole of the argument.",
};

function wordOf(type: string): string {
  return /^u?int/.test(type) ? "int" : type.startsWith("bytes") ? "bytes" : type;
}

function faultOf(condition: CallCondition, type: string): string | null {
  const word = wordOf(type);
  if ("own" in condition) return word === "address" ? null : "own is an address";
  if (!("one_of" in condition)) {
    if (word !== "int") return "only whole numbers have a range";
    const { min, max } = condition;
    if (min === undefined && max === undefined) return "a range has min, max or both";
    return min !== undefined && max !== undefined && BigInt(min) > BigInt(max) ? `${min} is above ${max}` : null;
  }
  const fits: Readonly<Record<string, (value: string) => boolean>> = {
    int: (value) => /^(?:0|-?[1-9]\d{0,77})$/.test(value),
    address: (value) => isAddress(value),
    bool: (value) => value === "true" || value === "false",
    bytes: (value) => /^0x(?:[0-9a-f]{2})*$/.test(value),
  };
  const bad = condition.one_of.find((value) => fits[word]?.(value) === false);
  return bad === undefined ? null : `${JSON.stringify(bad.slice(0, 60))} is none`;
}
