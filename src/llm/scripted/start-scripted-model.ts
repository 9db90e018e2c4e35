import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { InvariantError, MandateError, messageOf } from "../../core/errors.ts";
import { http } from "../../core/node-http.ts";
import type { ModelApi } from "../model-port.ts";
import { chatForm } from "./chat-form.ts";
import type { Form, ServerEvent } from "./form.ts";
import { messagesForm } from "./messages-form.ts";
import type { ModelScript } from "./model-script.ts";
import { readRequest } from "./read-request.ts";
import { responsesForm } from "./responses-form.ts";
import { scriptRule } from "./script-rule.ts";
import { shippedRule } from "./shipped-rule.ts";
import { spoken } from "./spoken.ts";
import type { ScriptedRequest, ScriptedRule, Turn } from "./turn.ts";

export interface ScriptedModelOptions {
  /** Decides each turn from its request. */
  readonly rule?: ScriptedRule;
  /** Turns in order, and HTTP 500 for a request after the last one; or rules. */
  readonly script?: readonly Turn[] | ModelScript;
  /** Default 0: any free port. */
  readonly port?: number;
}

export interface ScriptedModel {
  /** Ends in /v1 and serves as `base_url` for all three APIs. */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly ScriptedRequest[];
  /** Closes every connection, also those that never got an answer. */
  stop(): Promise<void>;
}

/** The port that was asked for cannot be listened on. */
export class ScriptedModelError extends MandateError {
  constructor(cause: unknown) {
    super("SCRIPTED_MODEL", "the scripted model cannot listen on its port", { remedy: "Choose port 0: any free one.", cause });
  }
}

const FORMS: Readonly<Record<ModelApi, Form>> = { chat: chatForm, responses: responsesForm, messages: messagesForm };
const PATHS: Readonly<Record<string, ModelApi>> = {
  "/v1/chat/completions": "chat",
  "/v1/responses": "responses",
  "/v1/messages": "messages",
};

/**
 * A model on this machine that does what it is told: OpenAI chat completions, OpenAI responses and Anthropic
 * messages over HTTP, streamed or not. For rehearsals and for tests of your own:
 *
 * ```ts
 * const model = await startScriptedModel({ script: [{ kind: "http", status: 503 }, { kind: "answer", value: { decision: "hold" } }] });
 * // … point base_url at model.url …
 * await model.stop();
 * ```
 *
 * @throws {ScriptedModelError}
 */
export async function startScriptedModel({ rule, script, port = 0 }: ScriptedModelOptions): Promise<ScriptedModel> {
  if ((rule === undefined) === (script === undefined)) throw new InvariantError("a scripted model needs a rule or a script");
  const requests: ScriptedRequest[] = [];
  const stopped = new AbortController();
  const decide = rule ?? scriptRule(asScript(script ?? []), shippedRule());

  const server = http.createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error) => {
      // A client that went away is no failure of the server; a rule that threw is told to the client.
      if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
      else json(outgoing, 500, { error: { message: messageOf(error), type: "server_error" } });
    });
  });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = new URL(incoming.url ?? "/", "http://scripted").pathname;
    const api = PATHS[path];
    if (incoming.method === "GET" && path === "/v1/models")
      return json(outgoing, 200, { object: "list", data: [{ id: "scripted", object: "model" }] });
    if (!api || incoming.method !== "POST")
      return json(outgoing, 404, { error: { message: `nothing is at ${path}`, type: "not_found" } });
    const body = await readBody(incoming);
    if (!body) return json(outgoing, 400, FORMS[api].error(400, "the body is no JSON object", "invalid_request_error"));
    const request = readRequest({ n: requests.length + 1, api, body, headers: headersOf(incoming) });
    requests.push(request);
    await take(request, await decide(request), outgoing);
  }

  async function take(request: ScriptedRequest, turn: Turn, outgoing: ServerResponse): Promise<void> {
    const form = FORMS[request.api];
    switch (turn.kind) {
      case "slow":
        await wait(turn.ms, undefined, { signal: stopped.signal });
        return take(request, turn.turn, outgoing);
      case "timeout":
        return;
      case "http": {
        if (turn.retryAfter !== undefined) outgoing.setHeader("retry-after", String(turn.retryAfter));
        return json(
          outgoing,
          turn.status,
          form.error(turn.status, turn.message ?? "scripted error", turn.type ?? errorType(turn.status)),
        );
      }
      case "stall":
      case "drop": {
        const said = spoken(request, turn);
        stream(outgoing, [...form.opening(said), ...form.middle(said).slice(0, 2)]);
        if (turn.kind === "drop") outgoing.write(": going\n\n", () => outgoing.destroy());
        return;
      }
      case "trickle": {
        const said = spoken(request, turn);
        for (const event of [...form.opening(said), ...form.middle(said), ...form.closing(said)]) {
          await wait(turn.ms, undefined, { signal: stopped.signal });
          stream(outgoing, [event]);
        }
        outgoing.end();
        return;
      }
      default: {
        const said = spoken(request, turn);
        if (!request.streamed) return json(outgoing, 200, form.whole(said));
        stream(outgoing, [...form.opening(said), ...form.middle(said), ...form.closing(said)]);
        outgoing.end();
      }
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new ScriptedModelError(error)));
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new InvariantError("the scripted model has no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        stopped.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function asScript(script: readonly Turn[] | ModelScript): ModelScript {
  if ("rules" in script) return script;
  return { rules: script.length === 0 ? [] : [{ do: script }], otherwise: "error" };
}

function stream(outgoing: ServerResponse, events: readonly ServerEvent[]): void {
  if (!outgoing.headersSent) outgoing.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const { event, data } of events) {
    outgoing.write(
      `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`,
    );
  }
}

function json(outgoing: ServerResponse, status: number, body: object): void {
  outgoing.writeHead(status, { "content-type": "application/json" });
  outgoing.end(JSON.stringify(body));
}

async function readBody(incoming: IncomingMessage): Promise<Readonly<Record<string, unknown>> | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function headersOf(incoming: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

function errorType(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 404) return "not_found_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "api_error" : "invalid_request_error";
}
