/** What follows of an object that never changes, worked out once and kept for as long as the object. */
export function perObject<K extends object, T>(work: (object: K) => T): (object: K) => T {
  const known = new WeakMap<K, { readonly value: T }>();
  return (object) => {
    const found = known.get(object);
    if (found) return found.value;
    const value = work(object);
    known.set(object, { value });
    return value;
  };
}
