import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalText } from "../readers/containers";

// Labels that a name can have (RFC 1035 section 2.3.4).
const DEEPEST = 127;

/** Without a CAA record every authority of the world may issue a certificate for the name (RFC 8659). */
export const dnsZoneHasCaa: StackRule = {
  id: "dns-zone-has-caa",
  description: "Every address record has a CAA record at its name or above it in its zone.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CRT-04"],
  remedy: "add a DnsRecord of the type CAA with the tag issue for the zone, name @",
  appliesTo: [cloudType("DnsRecord"), cloudType("Domain")],
  judge(stack, report) {
    const records = stack.of(cloudType("DnsRecord")).map(({ args }) => ({
      at: args.path,
      type: args.at("type").text(),
      name: optionalText(args, "name"),
      domain: args.at("domain").text(),
      tag: optionalText(args, "tag"),
    }));
    const guards = records.filter(({ type, tag }) => type === undefined || (type === "CAA" && (tag === undefined || tag === "issue")));
    // A guard of which anything is not known yet may be that of any name.
    if (guards.some(({ type, name, domain, tag }) => [type, name, domain, tag].includes(undefined))) return;
    const guarded = new Set(guards.map(({ name, domain }) => whole(name ?? "", domain ?? "")));
    const zones = stack
      .of(cloudType("Domain"))
      .filter(({ args }) => args.has("ipAddress") && args.at("ipAddress").text() !== undefined)
      .map(({ args }) => ({ at: args.path, name: "@", domain: args.at("name").text() }));
    const addresses = records.filter(({ type }) => type === "A" || type === "AAAA");
    for (const { at, name, domain } of [...addresses, ...zones])
      if (name !== undefined && domain !== undefined && !above(whole(name, domain), domain).some((one) => guarded.has(one)))
        report({ at, found: "a name without a CAA record", allowed: "one with the tag issue at the name or above it" });
  },
};

function whole(name: string, domain: string): string {
  return name === "@" || name === "" ? domain : `${name}.${domain}`;
}

// The name itself, and each name above it down to the zone's.
function above(name: string, domain: string): readonly string[] {
  const labels = name.split(".");
  const depth = Math.max(0, labels.length - domain.split(".").length);
  return Array.from({ length: Math.min(depth, DEEPEST) + 1 }, (_, index) => labels.slice(index).join("."));
}
