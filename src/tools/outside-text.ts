import { printable } from "../mandate/render-problem.ts";

const LONGEST = 500;

/**
 * Text that a node, a contract or a file may have written, as it may stand in a result: on one line, without characters
 * that show as something else, and short.
 */
export function outsideText(text: string): string {
  const plain = printable(text);
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)} …` : plain;
}
