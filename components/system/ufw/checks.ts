import type { Family } from "../../config/network";
import { isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import { dockerUser } from "./rules";
import { FAMILIES, rulesOf, type UfwState } from "./settings";

/** What the running firewall must answer; each question of IPv4 and IPv6. */
export function ufwChecks(state: UfwState): readonly Check[] {
  return [
    {
      id: "ufw-active",
      control: "NET-02",
      cites: ["164.312(e)(1)"],
      argv: ["ufw", "status", "verbose"],
      expect: { kind: "lines", lines: ["Status: active", "Default: deny (incoming), allow (outgoing), deny (routed)"] },
    },
    isEnabled("ufw.service", { id: "ufw-starts-at-boot", control: "NET-02", cites: ["164.312(e)(1)"] }),
    ...FAMILIES.flatMap((family) => familyChecks(state, family)),
    {
      id: "ufw-one-manager",
      control: "NET-14",
      cites: ["164.312(e)(1)"],
      argv: [
        "systemctl",
        "list-unit-files",
        "--state=enabled",
        "--no-legend",
        "--plain",
        "nftables.service",
        "netfilter-persistent.service",
        "firewalld.service",
      ],
      expect: { kind: "lacks", pattern: "enabled" },
    },
  ];
}

function familyChecks(state: UfwState, family: Family): readonly Check[] {
  const iptables = family === "ipv4" ? "iptables" : "ip6tables";
  const prefix = family === "ipv4" ? "ufw" : "ufw6";
  const before = family === "ipv4" ? "before.rules" : "before6.rules";
  const accepted = rulesOf(state, family).map((rule) => {
    const from = rule.from === undefined ? "" : `-s ${rule.from} `;
    const target = rule.action === "allow" ? "ACCEPT" : `${prefix}-user-limit-accept`;
    return `-A ${prefix}-user-input ${from}-p ${rule.protocol} -m ${rule.protocol} --dport ${String(rule.port)} -j ${target}`;
  });
  const literal = accepted.map((line) => line.replaceAll(/[.+*?()[\]{}|\\^$]/g, "\\$&"));
  return [
    {
      id: `ufw-default-deny-incoming-${family}`,
      control: "NET-03",
      cites: ["164.312(e)(1)"],
      argv: [iptables, "-S", "INPUT"],
      expect: { kind: "lines", lines: ["-P INPUT DROP"] },
    },
    {
      // Seen, and not repaired: whoever put it there may be in by it, and UFW does not come back into a chain that was emptied.
      id: `ufw-nothing-ahead-of-it-${family}`,
      control: "NET-14",
      cites: ["164.312(e)(1)"],
      argv: [iptables, "-S", "INPUT"],
      expect: { kind: "lacks", pattern: `^-A INPUT (?!-j ${prefix}-)` },
    },
    {
      id: `ufw-default-deny-routed-${family}`,
      control: "NET-03",
      cites: ["164.312(e)(1)"],
      argv: [iptables, "-S", "FORWARD"],
      expect: { kind: "lines", lines: ["-P FORWARD DROP"] },
    },
    {
      id: `ufw-openings-there-${family}`,
      control: "NET-06",
      cites: ["164.312(a)(1)"],
      argv: [iptables, "-S", `${prefix}-user-input`],
      expect: { kind: "lines", lines: accepted },
    },
    {
      id: `ufw-openings-exclusive-${family}`,
      control: "NET-06",
      cites: ["164.312(a)(1)", "164.312(e)(1)"],
      argv: [iptables, "-S", `${prefix}-user-input`],
      expect: { kind: "lacks", pattern: `^(?!(?:${literal.join("|")})$).*-j (?:ACCEPT|${prefix}-user-limit-accept)` },
    },
    {
      id: `ufw-own-rules-untouched-${family}`,
      control: "NET-06",
      cites: ["164.312(e)(1)"],
      argv: ["cmp", `/usr/share/ufw/iptables/${before}`, `/etc/ufw/${before}`],
      expect: { kind: "exit", code: 0 },
    },
    {
      // DHCP, mDNS and UPnP are UFW's own; anything else that it begins with was put there.
      id: `ufw-nothing-before-it-${family}`,
      control: "NET-06",
      cites: ["164.312(e)(1)"],
      argv: [iptables, "-S", `${prefix}-before-input`],
      expect: { kind: "lacks", pattern: "--dports? (?!(?:67|68|546|547|1900|5353) ).*-j ACCEPT" },
    },
    {
      id: `docker-user-drops-${family}`,
      control: "NET-07",
      cites: ["164.312(e)(1)", "164.312(a)(1)"],
      argv: [iptables, "-S", "DOCKER-USER"],
      // Docker adds a RETURN behind the DROP, which nothing reaches.
      expect: {
        kind: "oneOf",
        texts: ["", "\n-A DOCKER-USER -j RETURN"].map(
          (tail) => ["-N DOCKER-USER", ...dockerUser(family).map((rule) => `-A DOCKER-USER ${rule}`)].join("\n") + tail,
        ),
      },
    },
  ];
}
