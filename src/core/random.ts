/** Where chance comes from. Seeded in a rehearsal. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** xoshiro128** seeded by SplitMix32: small, fast and the same on every machine. Not for secrets. */
export function seededRandom(seed: number | string): Random {
  let state = hash32(String(seed));
  const split = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let [a, b, c, d] = [split(), split(), split(), split()];
  return {
    next() {
      const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = rotate(d, 11);
      return result / 0x1_0000_0000;
    },
  };
}

/** Standard normal by Box and Muller. */
export function normal(random: Random): number {
  const u = 1 - random.next();
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * random.next());
}

function rotate(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h | 0;
}
