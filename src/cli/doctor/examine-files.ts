import { roomWithin } from "../../gateway/serve/connection-room.ts";
import { openFilesLimit } from "../../gateway/serve/open-files.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** What a gateway with all its listeners may come to use. */
const COMFORTABLE = 1_024;

/** How many files a process of this user may have open: a gateway keeps some for itself and its operator, agents share the rest. */
export function examineFiles(limit = openFilesLimit()): Finding {
  const name = "open files";
  if (limit === null) return ok(name, "no limit is told");
  if (limit >= COMFORTABLE) return ok(name, `${limit} a process`);
  return warn(
    name,
    `${limit} a process: a gateway takes in ${roomWithin(limit)} connections of agents in all`,
    "ulimit -Hn 4096 before it is started, or as a service LimitNOFILE=4096",
  );
}
