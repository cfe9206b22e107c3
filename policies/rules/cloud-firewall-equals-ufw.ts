import type { Finding, HostRule } from "../engine/rule";
import { optionalItems } from "../readers/containers";
import { DROPLET } from "../readers/droplets";
import { isWorld } from "../readers/network";
import type { Value } from "../readers/value";

const FIREWALL = "digitalocean:index/firewall:Firewall";
const OTHER_SOURCES = ["sourceDropletIds", "sourceKubernetesIds", "sourceLoadBalancerUids", "sourceTags"];

/** Openings by protocol and port: the networks that are allowed, `world` if all are. */
type Doors = ReadonlyMap<string, { readonly at: string; readonly from: ReadonlySet<string> }>;

/** Two firewalls are one list: what one of them forgets the other would allow, or refuse. */
export const cloudFirewallEqualsUfw: HostRule = {
  id: "cloud-firewall-equals-ufw",
  description: "The cloud firewall of a droplet opens exactly the ports that UFW opens on it.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-01"],
  remedy: "declare ports in publicPorts and networks in adminNetworks; both firewalls follow them",
  judge(host, report) {
    const firewalls = [
      ...host.of(DROPLET).map((droplet) => cloudDoors(droplet.at("settings").at("firewall").at("inbound"), "addresses")),
      // What the component makes of it, which a transformation of the program may change.
      ...host.of(FIREWALL).map((firewall) => {
        judgeOthers(firewall, report);
        return cloudDoors(firewall.at("inboundRules"), "sourceAddresses");
      }),
    ];
    for (const cloud of firewalls) {
      const inner = host.of("phiward:host:Ufw").map((ufw) => ufwDoors(ufw.at("settings").at("rules")));
      for (const ufw of inner) {
        if (cloud === undefined || ufw === undefined) continue;
        for (const [door, { at, from }] of cloud)
          if (!equal(from, ufw.get(door)?.from))
            report({
              at,
              found: "a port that is open here and closed in UFW, or open there for other networks",
              allowed: "what UFW opens",
            });
        for (const [door, { at }] of ufw)
          if (!cloud.has(door))
            report({ at, found: "a port that is open in UFW and closed in the cloud firewall", allowed: "the same in both" });
      }
    }
  },
};

// Who is let in besides, and whom the firewall is before.
function judgeOthers(firewall: Value, report: (finding: Finding) => void): void {
  for (const rule of firewall.at("inboundRules").items() ?? [])
    for (const key of OTHER_SOURCES)
      if ((optionalItems(rule, key) ?? []).length > 0)
        report({ at: rule.at(key).path, found: "a source that UFW does not know", allowed: "sourceAddresses alone" });
  if (
    firewall
      .at("dropletIds")
      .items()
      ?.map((id) => id.number()).length === 0
  )
    report({ at: firewall.at("dropletIds").path, found: "a firewall before no droplet", allowed: "the droplet" });
}

function cloudDoors(rules: Value, addressesKey: "addresses" | "sourceAddresses"): Doors | undefined {
  const doors = rules.items()?.map((rule) => {
    const protocol = rule.at("protocol").text();
    const port = rule.has("portRange") ? rule.at("portRange").text() : "";
    const addresses = optionalItems(rule, addressesKey)?.map((address) => address.text());
    return { at: rule.path, door: known([protocol, port])?.join(" "), from: addresses === undefined ? undefined : known(addresses) };
  });
  return collected(doors);
}

function ufwDoors(rules: Value): Doors | undefined {
  const doors = rules.items()?.map((rule) => {
    const from = rule.has("from") ? rule.at("from").text() : "0.0.0.0/0";
    const port = rule.at("port").number();
    const door = known([rule.at("protocol").text(), port === undefined ? undefined : String(port)]);
    const closed = rule.at("action").text() === "deny";
    return { at: rule.path, door: door?.join(" "), from: from === undefined ? undefined : closed ? [] : [from] };
  });
  return collected(doors);
}

function collected(
  rules: readonly { readonly at: string; readonly door: string | undefined; readonly from: readonly string[] | undefined }[] | undefined,
): Doors | undefined {
  const doors = new Map<string, { at: string; from: Set<string> }>();
  for (const { at, door, from } of rules ?? []) {
    if (door === undefined || from === undefined) return undefined;
    const entry = doors.get(door) ?? { at, from: new Set<string>() };
    for (const network of from) entry.from.add(isWorld(network) ? "world" : network);
    if (entry.from.size > 0) doors.set(door, entry);
  }
  // To whom the world is let in, nobody else need be named.
  for (const { from } of doors.values())
    if (from.has("world")) for (const network of [...from]) if (network !== "world") from.delete(network);
  return rules === undefined ? undefined : doors;
}

function known(texts: readonly (string | undefined)[]): readonly string[] | undefined {
  const all = texts.flatMap((text) => text ?? []);
  return all.length === texts.length ? all : undefined;
}

function equal(one: ReadonlySet<string>, other: ReadonlySet<string> | undefined): boolean {
  return other?.size === one.size && [...one].every((member) => other.has(member));
}
