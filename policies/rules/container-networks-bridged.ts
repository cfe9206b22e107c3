import type { Rule } from "../engine/rule";
import { NETWORKED, networksOf, optionalFlag, optionalText } from "../readers/containers";
import { shown } from "../readers/value";

/** Options of a network that neither publish what is in it nor lead past the firewall. */
const OPTIONS: ReadonlyMap<string, RegExp> = new Map([
  ["com.docker.network.bridge.enable_icc", /^(true|false)$/],
  ["com.docker.network.bridge.enable_ip_masquerade", /^(true|false)$/],
  ["com.docker.network.bridge.gateway_mode_ipv4", /^(nat|isolated)$/],
  ["com.docker.network.bridge.gateway_mode_ipv6", /^(nat|isolated)$/],
  ["com.docker.network.bridge.host_binding_ipv4", /^127\.0\.0\.1$/],
  // Which names are allowed is up to container-bridges-known.
  ["com.docker.network.bridge.name", /^[^]*$/],
  ["com.docker.network.container_iface_prefix", /^[a-z]{1,8}$/],
  ["com.docker.network.driver.mtu", /^\d+$/],
]);
const FLAGS = ["attachable", "ingress", "ipv6"];

/** Only what goes over a bridge of the host goes through its firewall. */
export const containerNetworksBridged: Rule = {
  id: "container-networks-bridged",
  description: "Every network of containers is a bridge in IPv4, with no option that publishes what is in it.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-13", "NET-07"],
  remedy: "leave out the driver and all options but internal, and publish a service by a site",
  notWaivable: "what is in the network could be reached by anyone, past the firewall",
  appliesTo: NETWORKED,
  judge(unit, report) {
    for (const network of networksOf(unit)) {
      // Without a name, its arguments are hidden.
      network.at("name").text();
      for (const [key, allowed] of [["driver", "bridge"] as const, ["ipamDriver", "default"] as const])
        if (!["", allowed, undefined].includes(optionalText(network, key)))
          report({ at: network.at(key).path, found: "another driver, whose traffic passes the firewall by", allowed });
      for (const key of FLAGS) if (optionalFlag(network, key) === true) report({ at: network.at(key).path, found: "on", allowed: "off" });
      const options = network.at("options");
      for (const key of network.has("options") ? (options.keys() ?? []) : []) {
        if (key === "__defaults") continue;
        const value = options.at(key).text();
        if (value !== undefined && OPTIONS.get(key)?.test(value) !== true)
          report({
            at: options.path,
            found: `an option of the network (${shown(key, KNOWN)}) that opens it, or is not recognised`,
            allowed: [...OPTIONS.keys()].join(", "),
          });
      }
    }
  },
};

const KNOWN = [...OPTIONS.keys(), "com.docker.network.bridge.trusted_host_interfaces", "parent", "macvlan_mode", "ipvlan_mode"];
