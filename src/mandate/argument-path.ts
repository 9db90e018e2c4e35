import type { AbiParameter } from "viem";
import type { RawArgument } from "../protocols/effects.ts";

/** "params.fee" is [params, fee]; "path[0]" is [path, 0]; "recipients[*].to" is [recipients, *, to]. Null: it is no path. */
export function readPath(path: string): readonly string[] | null {
  if (!/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[(?:\*|0|[1-9]\d{0,3})\])*$/.test(path)) return null;
  return path.replace(/\[/g, ".").replace(/\]/g, "").split(".");
}

/** The values at a path of a call's arguments: one, or with `[*]` all. Undefined: there is no such thing, or no single value. */
export function readArgument(args: Readonly<Record<string, RawArgument>>, path: string): readonly string[] | undefined {
  let at: readonly RawArgument[] = [args];
  for (const step of readPath(path) ?? []) {
    const next: RawArgument[] = [];
    for (const value of at) {
      if (typeof value === "string") return undefined;
      const list = isList(value);
      if (list && step === "*") next.push(...value);
      else {
        const item = list ? value[Number(step)] : Object.hasOwn(value, step) ? value[step] : undefined;
        if (item === undefined) return undefined;
        next.push(item);
      }
    }
    at = next;
  }
  return at.every((value): value is string => typeof value === "string") ? at : undefined;
}

function isList(value: RawArgument): value is readonly RawArgument[] {
  return Array.isArray(value);
}

/** The ABI type at a path of a function's parameters, "uint24". Undefined: there is none, or it has members of its own. */
export function typeAt(parameters: readonly AbiParameter[], path: string): string | undefined {
  const [first, ...rest] = readPath(path) ?? [];
  const found = parameters.find(({ name }) => name === first);
  return found && typeWithin(found, rest);
}

function typeWithin(parameter: AbiParameter, steps: readonly string[]): string | undefined {
  const [step, ...rest] = steps;
  const array = /^(.*)\[(\d*)\]$/.exec(parameter.type);
  const components = "components" in parameter ? parameter.components : [];
  if (step === undefined) return array || parameter.type === "tuple" ? undefined : parameter.type;
  if (array) {
    const [, item = "", size = ""] = array;
    if (step !== "*" && (!/^\d+$/.test(step) || (size !== "" && Number(step) >= Number(size)))) return undefined;
    return typeWithin({ ...parameter, type: item }, rest);
  }
  const member = components.find(({ name }) => name === step);
  return member && typeWithin(member, rest);
}
