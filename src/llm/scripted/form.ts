import type { Spoken } from "./spoken.ts";
import type { ScriptedToolCall } from "./turn.ts";

/** One server-sent event. A string is sent as it is, anything else as JSON. */
export interface ServerEvent {
  readonly event?: string;
  readonly data: object | string;
}

/** How an api puts an answer: at once, or in the events of a stream. */
export interface Form {
  whole(spoken: Spoken): object;
  opening(spoken: Spoken): readonly ServerEvent[];
  middle(spoken: Spoken): readonly ServerEvent[];
  closing(spoken: Spoken): readonly ServerEvent[];
  error(status: number, message: string, type: string): object;
}

/** A text in pieces of 24 characters, as a stream would bring it; no surrogate pair is taken apart. */
export function pieces(text: string): readonly string[] {
  const characters = [...text];
  return Array.from({ length: Math.ceil(characters.length / 24) }, (_, i) => characters.slice(i * 24, i * 24 + 24).join(""));
}

/** A call's arguments as they go over the wire. */
export function argumentText({ arguments: given }: ScriptedToolCall): string {
  return typeof given === "string" ? given : JSON.stringify(given);
}
