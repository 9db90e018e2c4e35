// Stands in for a gateway whose module graph does not load.
const missing = "./no-such-module.ts";
await import(missing);
