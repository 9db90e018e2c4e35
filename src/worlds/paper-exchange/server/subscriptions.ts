import { canonicalJson } from "../../../core/json.ts";
import { type Ask, messagesOf, type Notice, type Topic, topicOf } from "./channels.ts";
import type { Faults } from "./faults.ts";
import type { Push, Subscription } from "./http-front.ts";
import type { Session } from "./socket-session.ts";

interface Listening {
  readonly topic: Topic;
  readonly user: string | null;
  /** A state's text as it was last sent. */
  sent: string;
  /** A message that waits to come too late. */
  late: unknown;
}

const MOST = 1_000;
const MOST_USERS = 10;

/** Who listens to what. Streams are sent as they happen, states whenever they are another. */
export class Subscriptions {
  readonly #sessions = new Map<Session, Map<string, Listening>>();
  readonly #ask: Ask;
  readonly #faults: Faults;
  #notices: Notice[] = [];

  constructor(ask: Ask, faults: Faults) {
    this.#ask = ask;
    this.#faults = faults;
  }

  connect(session: Session): () => void {
    this.#sessions.set(session, new Map());
    return () => void this.#sessions.delete(session);
  }

  subscribe(session: Session, subscription: Subscription): readonly Push[] | string {
    const own = this.#sessions.get(session) ?? new Map<string, Listening>();
    const key = canonicalJson(subscription);
    if (own.has(key)) return "Already subscribed:";
    if (own.size >= MOST) return "Cannot subscribe to more than 1000 channels.";
    const topic = topicOf(subscription);
    if (topic === null) return "Invalid subscription";
    const user = typeof subscription.user === "string" ? subscription.user : null;
    const users = new Set([...own.values()].flatMap((other) => other.user ?? []));
    if (user !== null && !users.has(user) && users.size >= MOST_USERS) return "Cannot track more than 10 total users.";
    const first = (topic.state ?? topic.first)?.(this.#ask);
    if (first === null) return "Invalid subscription";
    own.set(key, { topic, user, sent: topic.state === null ? "" : JSON.stringify(first), late: undefined });
    return first === undefined ? [] : [{ channel: topic.channel, data: first }];
  }

  unsubscribe(session: Session, subscription: Subscription): readonly Push[] | string {
    return this.#sessions.get(session)?.delete(canonicalJson(subscription)) === true ? [] : "Already unsubscribed:";
  }

  /** Keeps something that happened for the next {@link flush}. */
  note(notice: Notice): void {
    if (this.#sessions.size > 0) this.#notices.push(notice);
  }

  /** Sends what has happened and what has changed since the last time. */
  flush(): void {
    const notices = this.#notices;
    this.#notices = [];
    const known = new Map<string, unknown>();
    const ask: Ask = (question) => {
      const key = JSON.stringify(question);
      if (!known.has(key)) known.set(key, this.#ask(question));
      return known.get(key);
    };
    for (const [session, own] of [...this.#sessions]) {
      for (const listening of own.values()) {
        for (const data of listening.topic.state === null ? streamed(listening, notices) : changed(listening, ask)) {
          this.#deliver(session, listening, data);
        }
      }
    }
  }

  #deliver(session: Session, listening: Listening, data: unknown): void {
    const fault = this.#faults.strike("message");
    const { channel } = listening.topic;
    if (fault === "drop_socket") {
      session.cut();
    } else if (fault === "late" && listening.late === undefined) {
      listening.late = data;
    } else {
      session.send(channel, data);
      if (fault === "duplicate") session.send(channel, data);
      if (listening.late !== undefined) session.send(channel, listening.late);
      listening.late = undefined;
    }
  }
}

function streamed({ topic }: Listening, notices: readonly Notice[]): readonly unknown[] {
  const items = notices.filter(({ channel, about }) => channel === topic.channel && about === topic.about);
  const [first] = items;
  return first === undefined
    ? []
    : messagesOf(
        first.channel,
        topic.about,
        items.map(({ item }) => item),
      );
}

function changed(listening: Listening, ask: Ask): readonly unknown[] {
  const data = listening.topic.state?.(ask);
  if (data === null || data === undefined) return [];
  const text = JSON.stringify(data);
  if (text === listening.sent) return [];
  listening.sent = text;
  return [data];
}
