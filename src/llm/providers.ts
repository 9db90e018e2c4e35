import type { ModelApi } from "./model-port.ts";

export interface Provider {
  /** Environment variables that hold its key, first one first. Empty: it runs on this machine and needs none. */
  readonly keys: readonly string[];
  /** Where the catalogue has no address that speaks one of the three protocols. */
  readonly baseUrl?: string;
  readonly api?: ModelApi;
}

/** The providers known by name. Any other endpoint works with `base_url`. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  anthropic: { keys: ["ANTHROPIC_API_KEY"], baseUrl: "https://api.anthropic.com", api: "messages" },
  baseten: { keys: ["BASETEN_API_KEY"] },
  cerebras: { keys: ["CEREBRAS_API_KEY"] },
  deepseek: { keys: ["DEEPSEEK_API_KEY"], api: "chat" },
  fireworks: { keys: ["FIREWORKS_API_KEY"] },
  google: {
    keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    api: "chat",
  },
  groq: { keys: ["GROQ_API_KEY"] },
  huggingface: { keys: ["HF_TOKEN"] },
  minimax: { keys: ["MINIMAX_API_KEY"] },
  mistral: { keys: ["MISTRAL_API_KEY"], baseUrl: "https://api.mistral.ai/v1", api: "chat" },
  moonshotai: { keys: ["MOONSHOT_API_KEY"] },
  nvidia: { keys: ["NVIDIA_API_KEY"] },
  openai: { keys: ["OPENAI_API_KEY"], baseUrl: "https://api.openai.com/v1", api: "responses" },
  openrouter: { keys: ["OPENROUTER_API_KEY"], baseUrl: "https://openrouter.ai/api/v1", api: "chat" },
  together: { keys: ["TOGETHER_API_KEY"] },
  "vercel-ai-gateway": { keys: ["AI_GATEWAY_API_KEY"] },
  xai: { keys: ["XAI_API_KEY"] },
  zai: { keys: ["ZAI_API_KEY"] },
  "llama.cpp": { keys: [], baseUrl: "http://127.0.0.1:8080/v1", api: "chat" },
  lmstudio: { keys: [], baseUrl: "http://127.0.0.1:1234/v1", api: "chat" },
  ollama: { keys: [], baseUrl: "http://127.0.0.1:11434/v1", api: "chat" },
  vllm: { keys: [], baseUrl: "http://127.0.0.1:8000/v1", api: "chat" },
};

/** The variable that a provider's key is expected in: its own name, or one made of it. */
export function keyVariables(provider: string): readonly string[] {
  return PROVIDERS[provider]?.keys ?? [`${provider.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_API_KEY`];
}

/** The provider at an address, when it is one that is known by name. */
export function providerAt(baseUrl: URL): string | undefined {
  return Object.entries(PROVIDERS).find(
    ([, { baseUrl: known }]) => known !== undefined && new URL(known).host === baseUrl.host,
  )?.[0];
}

/** An address on this machine or in a private network: no key needed, plain HTTP allowed. */
export function isLocal({ hostname }: URL): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(hostname) ||
    /^10(\.\d{1,3}){3}$/.test(hostname) ||
    /^192\.168(\.\d{1,3}){2}$/.test(hostname) ||
    /^172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}$/.test(hostname)
  );
}
