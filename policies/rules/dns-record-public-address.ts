import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalText } from "../readers/containers";
import { PRIVATE } from "../readers/network";

/** A public name with a private address shows the inner network, and lets pages of others reach it by that name. */
export const dnsRecordPublicAddress: Rule = {
  id: "dns-record-public-address",
  description: "No record of a zone leads to a private, loopback or link-local address.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["NET-06"],
  remedy: "give the record a public address, or keep the name in a resolver of the private network",
  appliesTo: [cloudType("DnsRecord"), cloudType("Domain")],
  judge(unit, report) {
    if (unit.has("type")) {
      const type = unit.at("type").text();
      const value = unit.at("value").text();
      if ((type === "A" || type === "AAAA") && value !== undefined && PRIVATE.test(value))
        report({ at: "value", found: "an address of a private network", allowed: "a public address" });
      return;
    }
    unit.at("name").text();
    const address = optionalText(unit, "ipAddress");
    if (address !== undefined && PRIVATE.test(address))
      report({ at: "ipAddress", found: "an address of a private network", allowed: "a public address" });
  },
};
