type Payload = Readonly<Record<string, unknown>>;

/**
 * Takes the cache marks off an Anthropic request's messages and leaves the system prompt's: an observation is never
 * sent twice, and writing it to the cache costs a quarter more than sending it.
 */
export function cacheStablePart(payload: Payload): Payload {
  const { messages } = payload;
  return Array.isArray(messages) ? { ...payload, messages: messages.map(unmarked) } : payload;
}

function unmarked(message: Payload): Payload {
  const { content } = message;
  if (!Array.isArray(content)) return message;
  return { ...message, content: content.map(({ cache_control: _, ...block }: Payload) => block) };
}
