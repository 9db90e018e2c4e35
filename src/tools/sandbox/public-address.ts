import { BlockList, isIPv4, isIPv6 } from "node:net";

const NOT_PUBLIC = new BlockList();
for (const [network, prefix] of [
  ...[["0.0.0.0", 8] as const, ["10.0.0.0", 8] as const, ["100.64.0.0", 10] as const, ["127.0.0.0", 8] as const],
  ...[["169.254.0.0", 16] as const, ["172.16.0.0", 12] as const, ["192.0.0.0", 24] as const, ["192.0.2.0", 24] as const],
  ...[["192.88.99.0", 24] as const, ["192.168.0.0", 16] as const, ["198.18.0.0", 15] as const, ["198.51.100.0", 24] as const],
  ...[["203.0.113.0", 24] as const, ["224.0.0.0", 4] as const, ["240.0.0.0", 4] as const],
]) {
  NOT_PUBLIC.addSubnet(network, prefix, "ipv4");
}
/** Of what is handed out: documentation, tunnels that carry other addresses, and what a registry keeps for itself. */
for (const [network, prefix] of [
  ...[["2001::", 23] as const, ["2001:db8::", 32] as const, ["2002::", 16] as const, ["3fff::", 20] as const],
]) {
  NOT_PUBLIC.addSubnet(network, prefix, "ipv6");
}
const HANDED_OUT = new BlockList();
HANDED_OUT.addSubnet("2000::", 3, "ipv6");

/** Whether an address belongs to the public internet: no loopback, no private network, no cloud's metadata service. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !NOT_PUBLIC.check(address, "ipv4");
  return isIPv6(address) && HANDED_OUT.check(address, "ipv6") && !NOT_PUBLIC.check(address, "ipv6");
}
