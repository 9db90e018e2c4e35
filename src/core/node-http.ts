/**
 * Node's HTTP, for the edges. Taken without `import`, which would make a module of all that it exports: `fetch` among it, with
 * everything behind it, 40 ms of CPU in each process. What has TLS in it is loaded where it is first used.
 */
export const http = process.getBuiltinModule("node:http");
export const https = () => process.getBuiltinModule("node:https");
export const http2 = () => process.getBuiltinModule("node:http2");
export const tls = () => process.getBuiltinModule("node:tls");
