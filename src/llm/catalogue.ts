import type { Api, Model } from "@earendil-works/pi-ai";
import { z } from "zod";

/** A model of the catalogue, as pi-ai describes it. Prices are floats there: read them with `findPrice`. */
export type CatalogueModel = Model<Api>;

const entry = z.looseObject({
  id: z.string(),
  api: z.string(),
  provider: z.string(),
  baseUrl: z.string(),
  cost: z.looseObject({ input: z.number(), output: z.number(), cacheRead: z.number(), cacheWrite: z.number() }),
});

const PROVIDER = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** The catalogue's models of one provider; none when it does not know the provider. Read without network. */
export async function loadCatalogue(provider: string): Promise<readonly CatalogueModel[]> {
  if (!PROVIDER.test(provider)) return [];
  const module = await importModels(provider);
  const lists = Object.values(module).filter((value) => typeof value === "object" && value !== null);
  return lists.flatMap((list) => Object.values(list)).filter(isCatalogueModel);
}

/**
 * The entry of an id: the same id, else the longest id of which it is a dated or numbered edition
 * ("gpt-4o-mini-2024-07-18" is gpt-4o-mini, never gpt-4o; "gpt-4o-max" is nothing that is known).
 */
export function findInCatalogue(models: readonly CatalogueModel[], id: string): CatalogueModel | undefined {
  const known = longestEdition(
    models.map((model) => model.id),
    id,
  );
  return models.find((model) => model.id === known);
}

/** What may follow a model's name without making it another model. */
const EDITION = /^[-@:](latest|\d{8}|\d{4}-\d{2}-\d{2}|\d{4}|\d{3}|v\d+(:\d+)?)$/;

/** The longest of `known` that is `id` or that `id` is an edition of. */
export function longestEdition(known: readonly string[], id: string): string | undefined {
  return known
    .filter((name) => name === id || (id.startsWith(name) && EDITION.test(id.slice(name.length))))
    .sort((a, b) => b.length - a.length)[0];
}

function isCatalogueModel(value: unknown): value is CatalogueModel {
  return entry.safeParse(value).success;
}

async function importModels(provider: string): Promise<Readonly<Record<string, unknown>>> {
  const file = `@earendil-works/pi-ai/providers/${provider}.models`;
  try {
    return (await import(file)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (isMissingModule(error)) return {};
    throw error;
  }
}

function isMissingModule(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ERR_MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
}
