/** Rules of a configuration across its keys: duplicates and contradictions. They run on invalid values too. */

import { addressRules } from "./addressRules";
import { collectorRules } from "./collectorRules";
import { databaseRules } from "./databaseRules";
import { incidentRules } from "./incidentRules";
import { integrityRules } from "./integrityRules";
import { jobRules } from "./jobRules";
import { listenerRules } from "./listenerRules";
import { monitoringRules } from "./monitoringRules";
import { canonicalAddress } from "./network";
import { asNumber, asText, type Disallowed, each, inside, repeated } from "./paths";
import { phiRules } from "./phiRules";
import { readerRules } from "./readerRules";
import { registryRules } from "./registryRules";
import { removedRules } from "./removedRules";
import { restoreRules } from "./restoreRules";
import { retentionRules } from "./retentionRules";
import { runningRules } from "./runningRules";
import { secretRules } from "./secretRules";
import { serviceRules } from "./serviceRules";
import { serviceSecretRules } from "./serviceSecretRules";
import { siteRules } from "./siteRules";
import { member } from "./unknown";

// What may not occur twice, the message, and what is compared.
const UNIQUE: readonly (readonly [string, string, (value: unknown) => string | undefined])[] = [
  ["hosts.*.address", "must be unique", asAddress],
  ["hosts.*.hostKey", "must be unique: with a shared key either host could impersonate the other", asText],
  ["hosts.*.firstHostKey", "must be unique: with a shared key either host could impersonate the other", asText],
  ["hosts.*.volume.name", "must be unique", asText],
  ["hosts.*.dns.zone", "must be unique: one droplet's records only", asText],
  ["people.*.name", "must be unique", asText],
  // Only the blob: a comment does not make it another key. Two people with one key would be one.
  ["people.*.keys.*", "must be unique: each key belongs to one person", (value) => asText(value)?.split(" ")[1]],
  ["adminNetworks.*", "must be unique", asText],
  ["bans.jails.*.name", "must be unique", asText],
  ["time.servers.*", "must be unique", asAddress],
  ["incidents.contacts.*.name", "must be unique", asText],
];

function asAddress(value: unknown): string | undefined {
  return typeof value === "string" ? canonicalAddress(value) : undefined;
}

/** Every duplicate that is not allowed. */
export function duplicates(stack: unknown): readonly Disallowed[] {
  const jails = each(stack, ["bans", "jails", "*"]);
  const hostNames = [...each(stack, ["hosts", "*", "name"]), ...each(stack, ["hosts", "*", "formerly", "*"])];
  return [
    // What is stored of a host goes by a name that it had: no other host may take it.
    ...repeated(hostNames, "must be unique", asText),
    ...UNIQUE.flatMap(([path, allowed, keyOf]) => repeated(each(stack, path.split(".")), allowed, keyOf)),
    ...["tcp", "udp"].flatMap((protocol) => {
      const ports = each(stack, ["publicPorts", "*"]).filter(({ value }) => member(value, "protocol") === protocol);
      return repeated(inside(ports, ["port"]), "must be unique together with its protocol", asNumber);
    }),
    ...jails.flatMap((jail) => repeated(inside([jail], ["ports", "*"]), "must be unique", asNumber)),
  ];
}

/** Values that are allowed separately and not together. */
export function contradictions(stack: unknown): readonly Disallowed[] {
  const people = each(stack, ["people", "*"]);
  const lasting = people.some(({ value }) => member(value, "sudo") !== false && member(value, "expires") === undefined);
  const [first, longest] = [member(member(stack, "bans"), "banTime"), member(member(stack, "bans"), "maxBanTime")];
  return [
    ...each(stack, ["publicPorts", "*"])
      .filter(({ value }) => member(value, "port") === 22 && member(value, "protocol") === "tcp")
      .map(({ path }) => ({
        path: [...path, "port"],
        message: "a port other than 22: SSH is already open, limited for all but adminNetworks",
      })),
    ...addressRules(stack),
    ...serviceRules(stack),
    ...runningRules(stack),
    ...serviceSecretRules(stack),
    ...registryRules(stack),
    ...jobRules(stack),
    ...integrityRules(stack),
    ...collectorRules(stack),
    ...incidentRules(stack),
    ...monitoringRules(stack),
    ...databaseRules(stack),
    ...readerRules(stack),
    ...phiRules(stack),
    ...removedRules(stack),
    ...retentionRules(stack),
    ...restoreRules(stack),
    ...secretRules(stack),
    ...siteRules(stack),
    ...listenerRules(stack),
    ...(people.length > 0 && !lasting
      ? [
          {
            path: ["people"],
            message: "at least one person with `sudo: true` and no `expires`: otherwise everyone's access eventually expires",
          },
        ]
      : []),
    ...(typeof first === "number" && typeof longest === "number" && longest < first
      ? [{ path: ["bans", "maxBanTime"], message: `at least bans.banTime, which is ${String(first)}` }]
      : []),
  ];
}
