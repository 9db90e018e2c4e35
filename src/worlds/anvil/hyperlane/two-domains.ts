import type { Address } from "../../../core/hex.ts";
import { EVM_ADDRESSES } from "../evm-addresses.ts";
import { EVM_BOOK } from "../evm-book.ts";
import { type EvmWorld, type EvmWorldOptions, startEvmWorld } from "../evm-world.ts";
import { type DomainContracts, HyperlaneSite } from "./hyperlane-site.ts";

/** Message units for a base unit of a token of six decimals: messages carry eighteen. */
const TO_18 = 10n ** 12n;
/** Of each message, in wei. */
const MESSAGE_FEE = 10n ** 14n;

export interface Domain {
  readonly world: EvmWorld;
  readonly site: HyperlaneSite;
  readonly domain: number;
  readonly contracts: DomainContracts;
  /** Routers by what they send: USDC locked on both sides, DAI locked on the one and minted on the other, native coin. */
  readonly routes: Readonly<Record<"usdc" | "dai" | "eth", Address>>;
}

export interface TwoDomains {
  readonly base: Domain;
  readonly arb: Domain;
  /** What each message costs, in wei. */
  readonly fee: bigint;
  stop(): Promise<void>;
}

export interface TwoDomainsOptions extends Pick<EvmWorldOptions, "seed" | "fund" | "cache" | "start"> {
  /** What lies behind the routers of "arb" at first, in whole tokens. */
  readonly collateral?: { readonly USDC: string; readonly ETH: string };
}

/**
 * Two worlds, "base" and "arb", with a mailbox each and warp routes between them, as Hyperlane published them. Nothing
 * delivers a message unless it is told to: see {@link deliver}.
 *
 * @throws {PackageFetchError | PackageIntegrityError | AnvilMissingError | AnvilStartError}
 */
export async function startTwoDomains(options: TwoDomainsOptions): Promise<TwoDomains> {
  const { collateral = { USDC: "10000", ETH: "10" }, ...rest } = options;
  const worlds: EvmWorld[] = [];
  try {
    for (const chainId of [31_337, 31_338]) worlds.push(await startEvmWorld({ ...rest, chainId }));
    const [one, other] = worlds as [EvmWorld, EvmWorld];
    const base = await settle(one, rest.cache, "collateral");
    const arb = await settle(other, rest.cache, "synthetic");
    for (const name of ["usdc", "dai", "eth"] as const) {
      await base.site.enroll(base.routes[name], arb.domain, arb.routes[name]);
      await arb.site.enroll(arb.routes[name], base.domain, base.routes[name]);
    }
    await other.fund(arb.routes.usdc, { USDC: collateral.USDC });
    await other.fund(arb.routes.eth, { ETH: collateral.ETH });
    return { base, arb, fee: MESSAGE_FEE, stop: () => stopAll(worlds) };
  } catch (error) {
    await stopAll(worlds);
    throw error;
  }
}

async function settle(world: EvmWorld, cache: string | undefined, dai: "collateral" | "synthetic"): Promise<Domain> {
  const site = new HyperlaneSite(world, cache);
  const contracts = await site.deployDomain({ domain: world.chainId, fee: MESSAGE_FEE });
  const { mailbox } = contracts;
  const { tokens } = EVM_ADDRESSES;
  const usdc = await site.deployCollateral(tokens.USDC, { mailbox, scale: [TO_18, 1n] });
  const routes = {
    usdc,
    dai:
      dai === "collateral"
        ? await site.deployCollateral(tokens.DAI, { mailbox })
        : await site.deploySynthetic({ symbol: "hDAI", decimals: 18 }, { mailbox }),
    eth: await site.deployNative({ mailbox }),
  };
  return { world, site, domain: world.chainId, contracts, routes };
}

async function stopAll(worlds: readonly EvmWorld[]): Promise<void> {
  for (const world of worlds) await world.stop();
}

/** The network of two domains, as a mandate's frontmatter has it. */
export function twoDomainBook({ base, arb }: Pick<TwoDomains, "base" | "arb">) {
  const { chains } = EVM_BOOK;
  const { feeds } = chains.base;
  const synthetic = { address: arb.routes.dai, decimals: 18 };
  return {
    chains: {
      base: { ...chains.base, id: base.domain, contracts: { ...chains.base.contracts, ...contractsOf(base, "arb", "DAI") } },
      arb: {
        ...chains.base,
        id: arb.domain,
        assets: { ...chains.base.assets, hDAI: synthetic },
        feeds: { ...feeds, hDAI: feeds.DAI },
        contracts: { ...chains.base.contracts, ...contractsOf(arb, "base", "hDAI") },
      },
    },
  };
}

function contractsOf({ contracts, routes, domain }: Domain, other: string, dai: string) {
  const route = { kind: "hyperlane-warp-route", mailbox: "mailbox" };
  return {
    mailbox: { kind: "hyperlane-mailbox", address: contracts.mailbox, domain },
    "required-hook": { kind: "hyperlane-hook", address: contracts.requiredHook },
    "default-hook": { kind: "hyperlane-hook", address: contracts.hook },
    ism: { kind: "hyperlane-ism", address: contracts.ism },
    "usdc-route": { ...route, address: routes.usdc, token: "USDC", scale: `${TO_18}/1`, to: { [other]: "usdc-route" } },
    "dai-route": { ...route, address: routes.dai, token: dai, to: { [other]: "dai-route" } },
    "eth-route": { ...route, address: routes.eth, token: "ETH", to: { [other]: "eth-route" } },
  };
}
