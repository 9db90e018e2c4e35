/** What a gateway process may know of its parent's surroundings: where it is, how to speak, how to reach a chain. */
const KEPT = [
  ...["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "NODE_COMPILE_CACHE"],
  ...["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_USE_ENV_PROXY"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
];

/**
 * The environment of a gateway process. Model keys stay with the agent, and nothing that makes Node load other code
 * (NODE_OPTIONS) or that a debugger listens on gets to the one that signs.
 */
export function gatewayEnvironment(parent: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(KEPT.flatMap((name) => (parent[name] === undefined ? [] : [[name, parent[name]]])));
}
