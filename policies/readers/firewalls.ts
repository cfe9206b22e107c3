/** Cloud firewalls of a stack, without the openings that a component declares: those are compared with the host's own firewall. */
import type { StackResources } from "../engine/rule";
import { cloudType, knownTexts } from "./cloud";
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
  const declared = new Set(
    stack.of(DROPLET).map(({ args }) => {
      const firewall = args.at("settings").at("firewall");
      return JSON.stringify([keysOf(firewall, "inbound", "addresses"), keysOf(firewall, "outbound", "addresses")]);
    }),
  );
  return found
    .filter(({ args }) => !declared.has(JSON.stringify([keysOf(args, ...KEYS.inbound), keysOf(args, ...KEYS.outbound)])))
    .flatMap(({ wide }) => wide);
}

function keysOf(firewall: Value, rules: string, addresses: string): readonly string[] {
  return (optionalItems(firewall, rules) ?? [])
    .map((rule) => JSON.stringify([rule.at("protocol").text(), optionalText(rule, "portRange"), knownTexts(rule, addresses).toSorted()]))
    .sort();
}
