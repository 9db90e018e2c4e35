import type { Gateway } from "../contract.ts";
import type { GatewayReads } from "../read-contract.ts";
import { CALLS, SERVICES, servicePath } from "../wire.ts";
import type { Handler, Handlers } from "./answer-json.ts";

/** Every call of the gateway's that is asked once and answered once, by its path. */
export function gatewayHandlers(gateway: Gateway, reads: GatewayReads): Handlers {
  const { State, Market, Observe } = SERVICES;
  return {
    ...at("Execution", {
      Open: async (body) => gateway.open(CALLS.Open.takes.parse(body).wallet),
      State: async (body) => gateway.state(CALLS.State.takes.parse(body).wallet),
      Preview: async (body) => gateway.preview(CALLS.Preview.takes.parse(body)),
      Request: async (body) => gateway.request(CALLS.Request.takes.parse(body)),
      Settle: async (body) => {
        const { wallet, key } = CALLS.Settle.takes.parse(body);
        return { outcomes: await gateway.settle(wallet, key) };
      },
      Note: async (body) => {
        const { wallet, notes } = CALLS.Note.takes.parse(body);
        await gateway.note(wallet, notes);
        return {};
      },
    }),
    ...at("State", {
      GetState: async (body) => gateway.state(State.GetState.takes.parse(body).wallet),
      GetLimits: async (body) => reads.limits(State.GetLimits.takes.parse(body).wallet),
    }),
    ...at("Market", {
      GetPrices: async (body) => reads.prices(Market.GetPrices.takes.parse(body).wallet),
      GetHoldings: async (body) => reads.holdings(Market.GetHoldings.takes.parse(body).wallet),
    }),
    ...at("Observe", {
      Health: async (body) => {
        Observe.Health.takes.parse(body);
        return reads.health();
      },
    }),
  };
}

/** Handlers of one service, all of its calls, by their paths. */
function at<S extends keyof typeof SERVICES>(service: S, calls: Readonly<Record<keyof (typeof SERVICES)[S], Handler>>): Handlers {
  return Object.fromEntries(Object.entries<Handler>(calls).map(([name, handler]) => [servicePath(service) + name, handler]));
}
