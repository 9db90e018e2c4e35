/** A name that a secret goes by, and one word after it. */
const NAMED =
  /\b(private[ _-]?key|priv[ _-]?key|pass(?:word|phrase)|secret|api[ _-]?key|authorization|bearer)(["']?\s*(?:[:=]|\bis\b)?\s*["']?)((?:bearer\s+)?[^\s"',;}]{8,})/gi;
/** Words of a wallet, twelve or more. */
const WORDS = /\b(mnemonic|seed[ _-]?phrase|seed)(["']?\s*(?:[:=]|\bis\b)?\s*["']?)((?:[a-z]{3,8}\s+){11,23}[a-z]{3,8})\b/gi;
/** Keys of model providers and tokens, by their form. */
const FORMS =
  /\b(sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|xox[abpr]-[A-Za-z0-9-]{10,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})/g;

/**
 * A text as it goes on record: without what is named as a secret or looks like one. A bare hash is left, for a transaction's looks
 * the same.
 */
export function redactText(text: string): string {
  const cut = (_all: string, name: string, between: string) => `${name}${between}(redacted)`;
  return text.replace(FORMS, "(redacted)").replace(WORDS, cut).replace(NAMED, cut);
}
