import type { StackRule } from "../engine/rule";
import { FIREWALL, undeclaredOpenings } from "../readers/firewalls";

// The usual port, and the one that people move it to.
const SSH = [22, 2222];

/** Where no host firewall counts attempts, SSH is for administrators' networks alone. */
export const cloudFirewallSshFromKnownNetworks: StackRule = {
  id: "cloud-firewall-ssh-from-known-networks",
  description: "A cloud firewall beside those of declared hosts opens SSH to administrators' networks only.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-11", "NET-01"],
  remedy: "name the administrators' networks in sourceAddresses, or declare the droplet under hosts, where UFW limits attempts",
  appliesTo: [FIREWALL],
  judge(stack, report) {
    for (const { at } of undeclaredOpenings(stack, "inbound", ({ ports: [first, last] }) =>
      SSH.some((port) => first <= port && port <= last),
    ))
      report({ at, found: "SSH open to the world", allowed: "SSH from single networks" });
  },
};
