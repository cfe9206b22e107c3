/** Cloud firewalls of a stack, without the openings that a component declares: those are compared with the host's own firewall. */
import type { StackResources } from "../engine/rule";
import { cloudType } from "./cloud";
import { optionalItems, optionalText } from "./containers";
import { DROPLET } from "./droplets";
import { type Opening, openings } from "./openings";
import type { Value } from "./value";

/** Type token of a cloud firewall. */
export const FIREWALL = cloudType("Firewall");

const KEYS = {
  inbound: ["inboundRules", "sourceAddresses"],
  outbound: ["outboundRules", "destinationAddresses"],
} as const;

/** Those openings of a stack's cloud firewalls that are too wide, without the firewalls that are what a component declares, opening by opening. */
export function undeclaredOpenings(
  stack: StackResources,
  way: keyof typeof KEYS,
  isTooWide: (opening: Opening) => boolean,
): readonly Opening[] {
  const [rules, addresses] = KEYS[way];
  const found = stack.of(FIREWALL).flatMap(({ args }) => {
    const wide = args.has(rules) ? openings(args.at(rules), addresses).filter(isTooWide) : [];
    return wide.length > 0 ? [{ args, wide }] : [];
  });
  // What components declare is only asked for where it can excuse something.
  if (found.length === 0) return [];
  const declared = stack.of(DROPLET).map(({ args }) => {
    const firewall = args.at("settings").at("firewall");
    return [keysOf(firewall, "inbound", "addresses"), keysOf(firewall, "outbound", "addresses")];
  });
  return found
    .filter(({ args }) => {
      const own = [keysOf(args, ...KEYS.inbound), keysOf(args, ...KEYS.outbound)];
      return !declared.some((keys) => own.every((key, way) => mayEqual(key, keys[way])));
    })
    .flatMap(({ wide }) => wide);
}

// What is not known yet of a component's firewall is reported as unknown, and may still turn out to be the same.
function mayEqual(own: Keys, declared: Keys | undefined): boolean {
  if (own === undefined || declared === undefined) return true;
  if (own.length !== declared.length) return false;
  return declared.includes(undefined) || own.includes(undefined) || own.toSorted().join() === declared.toSorted().join();
}

/** Openings as text, or nothing where they are not known. */
type Keys = readonly (string | undefined)[] | undefined;

function keysOf(firewall: Value, rules: string, addresses: string): Keys {
  return optionalItems(firewall, rules)?.map((rule) => {
    const protocol = rule.at("protocol").text();
    const ports = optionalText(rule, "portRange");
    const networks = optionalItems(rule, addresses)?.map((network) => network.text());
    if (protocol === undefined || ports === undefined || networks === undefined || networks.includes(undefined)) return undefined;
    return JSON.stringify([protocol, ports, networks.toSorted()]);
  });
}
