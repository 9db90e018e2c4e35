// An agent of your own at an exchange, beside a gateway that serves: `node examples/agent.ts MANDATE.md gateway.sock [url of a world]`.
// In your own project, import from "mandate" and "mandate/gateway". The key stays with the gateway.
import { gatewayClient } from "../src/entries/gateway.ts";
import {
  systemClock as clock,
  MandateError,
  modelConfigOf,
  readMandate,
  resolveModel,
  runAgent,
  seededRandom,
  structuredDecider,
  venueOfMandate,
} from "../src/entries/mandate.ts";
import { REHEARSAL_WALLET } from "../src/entries/testing.ts";

const [file = "MANDATE.md", socket = "gateway.sock", world] = process.argv.slice(2);
const gateway = gatewayClient(socket);
try {
  const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET });
  const [account = ""] = Object.values(mandate.terms.accounts);
  const [exchange] = Object.values(mandate.terms.book.exchanges);
  const { venue } = venueOfMandate(mandate, world ?? exchange?.api ?? "", clock);
  const config = modelConfigOf(mandate.brief.model);
  const model = await resolveModel({ config, env: process.env, clock, random: seededRandom(account), version: "0.1.0" });
  const decider = structuredDecider({ mandate, model, venue });
  const log = ({ message, level, fields }: { message: string; level: string; fields: object }) =>
    process.stdout.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level, message, ...fields })}\n`);
  await runAgent({ mandate, wallet: `wallet:${account}`, gateway, venue, decider, clock, cycles: 2, log });
} catch (error) {
  if (!(error instanceof MandateError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n${error.remedy ?? ""}\n`);
  process.exitCode = 1;
} finally {
  gateway.close();
}
