// One rehearsal in a process of its own: its parameters are JSON in the first argument, its report goes to stdout.
import { canonicalJson } from "../../../src/core/json.ts";
import { type RehearsalParameters, rehearse } from "../../../src/worlds/rehearsal/rehearse.ts";

const report = await rehearse(JSON.parse(process.argv[2] ?? "") as RehearsalParameters);
process.stdout.write(canonicalJson(report));
