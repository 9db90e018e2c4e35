import { outsideText } from "../../tools/outside-text.ts";

/** What the code said of itself, on one line, and without where on this machine it lies. */
export function inWords(text: string, folder: string): string {
  return outsideText(folder === "" ? text : text.replaceAll(folder, "."));
}
