import { rootCertificates } from "node:tls";
import { AGENT_UID, INSIDE } from "./bwrap-arguments.ts";

/** What stands in for /etc inside, by name. cast starts only where there is some certificate; none is ever used. */
export function standInEtc(): Readonly<Record<string, string>> {
  const id = String(AGENT_UID);
  return {
    passwd: `agent:x:${id}:${id}::${INSIDE}:/bin/bash\n`,
    group: `agent:x:${id}:\n`,
    hosts: "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "ca.pem": `${rootCertificates[0] ?? ""}\n`,
  };
}
