import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  ScalarType,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { z } from "zod";
import { PROTO_SERVICES } from "../serve/connect-handler.ts";
import { SERVICES, WATCH } from "../wire.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const own = join(import.meta.dirname, "mandate", "v1");

test("the generated TypeScript is what the .proto files give", () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-proto-test-"));
  try {
    execFileSync(process.execPath, [join(root, "scripts", "generate-proto.ts"), folder], { stdio: "pipe" });
    const texts = (from: string) =>
      Object.fromEntries(
        readdirSync(from)
          .filter((file) => file.endsWith(".ts"))
          .map((file) => [file, readFileSync(join(from, file), "utf8")]),
      );
    expect(texts(folder)).toEqual(texts(own));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

type Schema = { readonly [key: string]: unknown };

interface Wire {
  readonly takes: z.ZodType;
  readonly gives: z.ZodType;
}

const WIRES: Readonly<Record<string, Readonly<Record<string, Wire>>>> = {
  ...SERVICES,
  Observe: { ...SERVICES.Observe, Watch: WATCH },
};

/** Every call: what zod reads and writes, and the messages that stand for it. */
const CALLS = PROTO_SERVICES.flatMap(({ name, methods }) =>
  methods.map((method) => ({ name: `${name}.${method.name}`, wire: WIRES[name]?.[method.name], method })),
);

test("the services have the same calls in protobuf as in JSON", () => {
  const inJson = Object.entries(WIRES).flatMap(([service, calls]) => Object.keys(calls).map((call) => `${service}.${call}`));
  expect(CALLS.map(({ name }) => name).sort()).toEqual(inJson.sort());
});

test("protobuf has the fields that zod has, of their kinds, and no others", () => {
  expect(CALLS.flatMap(({ name, wire }) => (wire ? [] : [name]))).toEqual([]);
  const pairs = CALLS.flatMap(({ wire, method }): Pair[] =>
    wire
      ? [
          [wire.takes, method.input],
          [wire.gives, method.output],
        ]
      : [],
  );
  expect(differences(pairs)).toEqual([]);
});

test("a field that one side lacks, that cannot be null on one, or that is of another kind is found", () => {
  const [open] = CALLS;
  if (!open) throw new TypeError("there are no calls");
  const { input, output } = open.method;
  const request = z.object({ wallet: z.string().nullable(), surprise: z.number() });
  expect(differences([[request, input]])).toEqual([
    "mandate.v1.OpenRequest.wallet can be null, and its field cannot be unset",
    "mandate.v1.OpenRequest has no field surprise",
  ]);
  expect(differences([[z.object({ lease: z.string() }), output]])).toEqual([
    "mandate.v1.OpenResponse.lease is string in zod",
    "mandate.v1.OpenResponse.cycle is in no schema",
  ]);
});

type Pair = readonly [z.ZodType, DescMessage];

/** Where schemas and messages do not say the same. A message may stand for several schemas: it has the fields of all. */
function differences(pairs: readonly Pair[]): readonly string[] {
  const found = new Set<string>();
  const used = new Map<DescMessage, Set<string>>();
  for (const [schema, message] of pairs) {
    const whole = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema;
    const seen = new Set<string>();
    const branches = (part: Schema): readonly Schema[] => {
      const at = resolve(whole, part);
      const several = (at.anyOf ?? at.oneOf) as readonly Schema[] | undefined;
      if (several) return several.flatMap(branches);
      return Array.isArray(at.type) ? at.type.map((type) => ({ ...at, type })) : [at];
    };
    const compare = (parts: readonly Schema[], desc: DescMessage): void => {
      const key = `${desc.typeName} ${parts.map(({ properties }) => Object.keys(properties ?? {}).join()).join(";")}`;
      if (seen.has(key)) return;
      seen.add(key);
      const byName = new Map<string, Schema[]>();
      for (const { properties } of parts) {
        for (const [name, value] of Object.entries((properties ?? {}) as Record<string, Schema>)) {
          byName.set(name, [...(byName.get(name) ?? []), ...branches(value)]);
        }
      }
      used.set(desc, new Set([...(used.get(desc) ?? []), ...byName.keys()]));
      for (const [name, kinds] of byName) {
        const field = desc.fields.find(({ jsonName }) => jsonName === name);
        if (field) compareField(kinds, field, `${desc.typeName}.${name}`);
        else found.add(`${desc.typeName} has no field ${name}`);
      }
    };
    const compareField = (kinds: readonly Schema[], field: DescField, at: string): void => {
      const real = kinds.filter(({ type }) => type !== "null");
      if (real.length < kinds.length && !canBeUnset(field)) found.add(`${at} can be null, and its field cannot be unset`);
      const wanted = typesOf(field);
      for (const { type } of real) if (!wanted.includes(type as string)) found.add(`${at} is ${String(type)} in zod`);
      if (field.message && isOwn(field.message)) {
        compare(field.fieldKind === "list" ? real.flatMap(itemsOf).flatMap(branches) : real, field.message);
      }
    };
    compare(branches(whole), message);
  }
  for (const [desc, names] of used) {
    for (const { jsonName } of desc.fields) if (!names.has(jsonName)) found.add(`${desc.typeName}.${jsonName} is in no schema`);
  }
  return [...found];
}

function resolve(whole: Schema, { $ref, ...part }: Schema): Schema {
  if (typeof $ref !== "string") return part;
  const path = $ref.split("/").slice(1);
  return path.reduce<Schema>((at, key) => at[key] as Schema, whole);
}

function itemsOf({ items, prefixItems }: Schema): readonly Schema[] {
  return [...(items ? [items as Schema] : []), ...((prefixItems as readonly Schema[] | undefined) ?? [])];
}

const ANYTHING = ["string", "number", "boolean", "array", "object"];

/** JSON Schema's types of a field. What zod checks by a function has none there, and is text or any JSON. */
function typesOf(field: DescField): readonly (string | undefined)[] {
  if (field.fieldKind === "list") return ["array"];
  if (field.fieldKind === "map") return ["object"];
  if (field.fieldKind === "message") return field.message.typeName.endsWith(".Value") ? [...ANYTHING, undefined] : ["object"];
  if (field.fieldKind === "scalar" && field.scalar === ScalarType.BOOL) return ["boolean"];
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING ? ["string", undefined] : ["integer", "number"];
}

function isOwn({ typeName }: DescMessage): boolean {
  return typeName.startsWith("mandate.v1.");
}

function canBeUnset(field: DescField): boolean {
  return field.fieldKind === "message" || (field.fieldKind === "scalar" && field.presence === 1);
}

const SAMPLES: Readonly<Record<string, unknown>> = {
  "Execution.Request": {
    wallet: "wallet:0x01",
    lease: 0,
    cycle: 3,
    step: 1,
    actions: [
      { rail: "evm", chain: "base", from: "wallet", call: { to: `0x${"0".repeat(40)}`, data: "0x", value: "0" } },
      { rail: "evm", chain: "base", from: "wallet", typedData: "{}" },
    ],
  },
  "Execution.Settle": { wallet: "wallet:0x01" },
  "Execution.Note": { wallet: "w", notes: [{ kind: "remark", deep: [{ 1: null, a: [true, 0.5, "x"] }] }] },
  "Observe.Watch": { wallet: "w", after: 0 },
};

test.each(Object.entries(SAMPLES))("%s: what is sent in protobuf is read by zod as what was sent in JSON", (name, sample) => {
  const found = CALLS.find((call) => call.name === name);
  if (!found?.wire) throw new TypeError(`there is no call ${name}`);
  const { input } = found.method;
  const sent = toBinary(input, fromJson(input, sample as JsonValue));
  const read = toJson(input, fromBinary(input, sent), { alwaysEmitImplicit: true });
  expect(read).toEqual(sample);
  expect(found.wire.takes.parse(read)).toEqual(found.wire.takes.parse(sample));
});
