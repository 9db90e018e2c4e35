import { expect, test } from "vitest";
import { ManualClock } from "../core/clock.ts";
import { seededRandom } from "../core/random.ts";
import { failureRemedy } from "./failure-remedy.ts";
import { ModelConfigError } from "./model-config-error.ts";
import { parseModelFlag } from "./parse-model-flag.ts";
import { type ModelConfig, resolveModel } from "./resolve-model.ts";

function resolve(config: ModelConfig | undefined, env: Record<string, string> = {}) {
  return resolveModel({ ...(config ? { config } : {}), env, clock: new ManualClock(0), random: seededRandom(1), version: "1" });
}

test.each([
  ["anthropic", "claude-sonnet-4-5", "ANTHROPIC_API_KEY"],
  ["openai", "gpt-4o", "OPENAI_API_KEY"],
  ["openrouter", "anthropic/claude-sonnet-4.5", "OPENROUTER_API_KEY"],
  ["google", "gemini-2.5-pro", "GEMINI_API_KEY"],
])("without a key for %s the error names the variable and the line to type", async (provider, id, variable) => {
  const error = await resolve({ provider, id }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ModelConfigError);
  expect(error).toMatchObject({ code: "MODEL_KEY_MISSING", remedy: `export ${variable}=…`, details: { variable } });
  expect(error.message).toContain(variable);
});

test.each([
  ["anthropic", "claude-sonnet-4-5", "ANTHROPIC_API_KEY", "messages"],
  ["anthropic", "claude-of-the-future", "ANTHROPIC_API_KEY", "messages"],
  ["openai", "gpt-4o", "OPENAI_API_KEY", "responses"],
  ["openrouter", "deepseek/deepseek-chat", "OPENROUTER_API_KEY", "chat"],
  ["groq", "a-model-that-is-new", "GROQ_API_KEY", "chat"],
  ["mistral", "mistral-large-latest", "MISTRAL_API_KEY", "chat"],
  ["xai", "grok-4", "XAI_API_KEY", "responses"],
])("%s/%s is asked in its own protocol", async (provider, id, variable, api) => {
  expect((await resolve({ provider, id }, { [variable]: "k" })).model).toMatchObject({ provider, id, api });
});

test("the mandate chooses the protocol", async () => {
  expect((await resolve({ provider: "openai", id: "gpt-4o", api: "chat" }, { OPENAI_API_KEY: "k" })).model.api).toBe("chat");
});

test("an endpoint of one's own speaks chat completions unless told otherwise, and needs no key on this machine", async () => {
  expect((await resolve({ provider: "openai", id: "gpt-4o", base_url: "http://127.0.0.1:9/v1" })).model.api).toBe("chat");
  expect((await resolve({ provider: "ollama", id: "llama3" })).model.api).toBe("chat");
  expect((await resolve({ provider: "mine", id: "m", base_url: "http://192.168.1.7:8000/v1" })).model.provider).toBe("mine");
});

test("another endpoint needs a key named after its provider, or the general one for that very endpoint", async () => {
  const config = { provider: "acme", id: "m", base_url: "https://llm.acme.example/v1" };
  await expect(resolve(config)).rejects.toMatchObject({ code: "MODEL_KEY_MISSING", remedy: "export ACME_API_KEY=…" });
  await expect(resolve(config, { AGENT_LLM_API_KEY: "k" })).rejects.toMatchObject({ code: "MODEL_KEY_MISSING" });
  await resolve(config, { ACME_API_KEY: "k" });
  await resolve(config, { AGENT_LLM_API_KEY: "k", AGENT_LLM_BASE_URL: "https://llm.acme.example/v1" });
});

test("without a model in the mandate the general variables choose, with gpt-4o at OpenAI as the default", async () => {
  expect((await resolve(undefined, { AGENT_LLM_API_KEY: "k" })).model).toMatchObject({
    provider: "openai",
    id: "gpt-4o",
    price: { basis: "catalogue" },
  });
  const env = { AGENT_LLM_API_KEY: "k", AGENT_LLM_BASE_URL: "https://openrouter.ai/api/v1", AGENT_LLM_MODEL: "openai/gpt-4o" };
  expect((await resolve(undefined, env)).model).toMatchObject({ provider: "openrouter", id: "openai/gpt-4o", api: "chat" });
  await expect(
    resolve(undefined, { AGENT_LLM_BASE_URL: "https://llm.acme.example/v1", OPENAI_API_KEY: "k" }),
  ).rejects.toMatchObject({
    code: "MODEL_KEY_MISSING",
    remedy: "export AGENT_LLM_API_KEY=…",
  });
  await expect(resolve(undefined, { OPENAI_API_KEY: "k" })).rejects.toMatchObject({
    code: "MODEL_NOT_CHOSEN",
    remedy: expect.stringContaining("export AGENT_LLM_API_KEY=…"),
  });
});

test("an empty variable is no key", async () => {
  await expect(resolve({ provider: "openai", id: "gpt-4o" }, { OPENAI_API_KEY: " " })).rejects.toMatchObject({
    code: "MODEL_KEY_MISSING",
  });
});

test("a provider that is not known is refused with the nearest name", async () => {
  await expect(resolve({ provider: "antropic", id: "claude" })).rejects.toMatchObject({
    code: "MODEL_PROVIDER_UNKNOWN",
    remedy: expect.stringContaining("Did you mean anthropic?"),
  });
});

test("a key is not sent over plain HTTP, and a subscription's token is not sent at all", async () => {
  const config = { provider: "acme", id: "m", base_url: "http://llm.acme.example/v1" };
  await expect(resolve(config, { ACME_API_KEY: "k" })).rejects.toMatchObject({ code: "MODEL_BASE_URL" });
  await expect(
    resolve({ provider: "anthropic", id: "claude-sonnet-4-5" }, { ANTHROPIC_API_KEY: "sk-ant-oat01-x" }),
  ).rejects.toMatchObject({ code: "MODEL_KEY_UNFIT" });
});

test.each(["llm.acme.example", "ftp://x/v1", "https://user:pass@x/v1", "https://x/v1?key=1"])(
  "%s is no address",
  async (base_url) => {
    await expect(resolve({ provider: "acme", id: "m", base_url }, { ACME_API_KEY: "k" })).rejects.toMatchObject({
      code: "MODEL_BASE_URL",
    });
  },
);

test("a model flag is provider/id, and the id may hold slashes", () => {
  expect(parseModelFlag("anthropic/claude-sonnet-4-5")).toEqual({ provider: "anthropic", id: "claude-sonnet-4-5" });
  expect(parseModelFlag("openrouter/openai/gpt-4o:free")).toEqual({ provider: "openrouter", id: "openai/gpt-4o:free" });
  for (const flag of ["claude", "/x", "anthropic/", "a b/c"]) expect(() => parseModelFlag(flag)).toThrow(ModelConfigError);
});

test("the remedy of a refused key is the line to type", () => {
  expect(failureRemedy("MODEL_KEY_REFUSED", { provider: "openai", id: "gpt-4o" })).toContain("export OPENAI_API_KEY=…");
  expect(failureRemedy("MODEL_KEY_REFUSED", { provider: "ollama", id: "llama3" })).toContain("export AGENT_LLM_API_KEY=…");
});
