import { UsageError } from "../../core/errors.ts";

/**
 * The value of a repeated option for each of several mandates, in their order: one for each, or none. With `shared`, one
 * for all of them too.
 *
 * @throws {UsageError} for any other number.
 */
export function eachOf(
  option: string,
  values: readonly string[] | undefined,
  count: number,
  { shared = false }: { readonly shared?: boolean } = {},
): readonly (string | undefined)[] {
  const [first] = values ?? [];
  const whole = Array.from({ length: count }, (_, i) => values?.[i]);
  if (values === undefined || values.length === count) return whole;
  if (shared && values.length === 1) return whole.map(() => first);
  const wanted = shared ? `once, or ${count} times` : `${count} times`;
  throw new UsageError(`${option} is given ${values.length} times for ${count} mandates`, {
    remedy: `Give it ${wanted}, in the order of the mandates.`,
  });
}
