/** Rules of a configuration across its keys: what may not occur twice, and what contradicts. Asked of faulty values too. */

import { canonicalAddress } from "./network";
import { asNumber, asText, type Disallowed, each, inside, repeated } from "./paths";
import { serviceRules } from "./serviceRules";
import { siteRules } from "./siteRules";
import { member } from "./unknown";

// What may not occur twice, how that is said, and by what two are compared.
const UNIQUE: readonly (readonly [string, string, (value: unknown) => string | undefined])[] = [
  ["hosts.*.name", "a name of its own", asText],
  ["hosts.*.address", "an address of its own", asAddress],
  ["hosts.*.hostKey", "a host key of its own, or either host could pass for the other", asText],
  ["hosts.*.firstHostKey", "a host key of its own, or either host could pass for the other", asText],
  ["hosts.*.volume.name", "a name of its own", asText],
  ["hosts.*.dns.zone", "a zone whose records one droplet alone makes", asText],
  ["people.*.name", "a name of its own", asText],
  // The blob alone: a comment does not make it another key. A shared key would make two people one.
  ["people.*.keys.*", "a key of its own", (value) => asText(value)?.split(" ")[1]],
  ["adminNetworks.*", "each network once", asText],
  ["bans.jails.*.name", "a name of its own", asText],
  ["time.servers.*", "each server once", asAddress],
];

function asAddress(value: unknown): string | undefined {
  return typeof value === "string" ? canonicalAddress(value) : undefined;
}

/** Everything that occurs twice and may not. */
export function duplicates(stack: unknown): readonly Disallowed[] {
  const jails = each(stack, ["bans", "jails", "*"]);
  return [
    ...UNIQUE.flatMap(([path, allowed, keyOf]) => repeated(each(stack, path.split(".")), allowed, keyOf)),
    ...["tcp", "udp"].flatMap((protocol) => {
      const ports = each(stack, ["publicPorts", "*"]).filter(({ value }) => member(value, "protocol") === protocol);
      return repeated(inside(ports, ["port"]), "each port and protocol once", asNumber);
    }),
    ...jails.flatMap((jail) => repeated(inside([jail], ["ports", "*"]), "each port once", asNumber)),
  ];
}

/** Values that are allowed alone and not together. */
export function contradictions(stack: unknown): readonly Disallowed[] {
  const people = each(stack, ["people", "*"]);
  const lasting = people.some(({ value }) => member(value, "sudo") !== false && member(value, "expires") === undefined);
  const [first, longest] = [member(member(stack, "bans"), "seconds"), member(member(stack, "bans"), "maximumSeconds")];
  return [
    ...each(stack, ["publicPorts", "*"])
      .filter(({ value }) => member(value, "port") === 22 && member(value, "protocol") === "tcp")
      .map(({ path }) => ({
        path: [...path, "port"],
        message: "a port other than 22: SSH is open already, limited for all but adminNetworks",
      })),
    ...serviceRules(stack),
    ...siteRules(stack),
    ...(people.length > 0 && !lasting
      ? [{ path: ["people"], message: "at least one person with `sudo: true` and no `expires`: else the day comes when nobody can get in" }]
      : []),
    ...(typeof first === "number" && typeof longest === "number" && longest < first
      ? [{ path: ["bans", "maximumSeconds"], message: `at least bans.seconds, which is ${String(first)}` }]
      : []),
  ];
}
