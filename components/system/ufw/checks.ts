import type { ControlId } from "../../compliance/controls";
import type { Family } from "../../config/network";
import { anyOf } from "../../plan/patterns";
import { MONITORING_PORTS, NGINX_STATUS_PORT } from "../../plan/places";
import { programCommand } from "../../plan/programs";
import { isEnabled } from "../../plan/systemd";
import type { Check, Expectation, Probe } from "../../plan/types";
import { hostChains } from "./hostChains";
import { dockerUser, FORWARD_CHAIN } from "./rules";
import { FAMILIES, rulesOf, type UfwSettings } from "./settings";

/** Each check exists for IPv4 and for IPv6. */
export function ufwChecks(settings: UfwSettings): readonly Check[] {
  return [
    ACTIVE,
    { ...HOOKED, id: "ufw-hooked", control: "NET-02" },
    STARTS_AT_BOOT,
    ...FAMILIES.flatMap((family) => familyChecks(settings, family)),
    ONE_MANAGER,
    listening(settings),
  ];
}

/** Asks whether packets come to UFW's chains at all. */
export const HOOKED: Probe = { argv: programCommand("firewall", "unhooked"), expect: { kind: "equals", text: "" } };

const ACTIVE: Check = {
  id: "ufw-active",
  control: "NET-02",
  argv: ["ufw", "status", "verbose"],
  expect: { kind: "lines", lines: ["Status: active", "Default: deny (incoming), allow (outgoing), deny (routed)"] },
};

const STARTS_AT_BOOT = isEnabled("ufw.service", { id: "ufw-starts-at-boot", control: "NET-02" });

const ONE_MANAGER: Check = {
  id: "ufw-one-manager",
  control: "NET-14",
  // All of them, since systemctl fails where none has a name that it was asked for.
  argv: ["systemctl", "list-unit-files", "--state=enabled", "--no-legend", "--plain"],
  expect: { kind: "lacks", pattern: "^(nftables|netfilter-persistent|firewalld)\\.service\\s" },
  outOfReach: true,
};

// What Docker and containerd hold is judged by checks of their own, and systemd-resolved is the host's own resolver: believed below
// the ports that anyone may take, under whatever name. DHCP clients wait for answers, others for theirs at ports that the kernel gives.
function listening({ rules, closed = [] }: UfwSettings): Check {
  const at = (protocol: string, local: string): string => `${protocol}\\s+\\S+\\s+\\d+\\s+\\d+\\s+${local}\\s`;
  const known = [
    ...[...rules, ...closed].map(({ protocol, port }) => at(protocol, `\\S+:${port}`)),
    `${at("(?:tcp|udp)", "\\S+:(?:[12]\\d{4}|\\d{1,4})")}.*"(?:dockerd|docker-proxy|systemd-resolve)"`,
    `${at("tcp", "127\\.0\\.0\\.1:\\d+")}.*"containerd"`,
    // Of Debian's packages, for this host alone, at ports that an ordinary account cannot take.
    `${at("tcp", `127\\.0\\.0\\.1:${anyOf(Object.values(MONITORING_PORTS).map(String))}`)}.*"prometheus`,
    `${at("tcp", `127\\.0\\.0\\.1:${NGINX_STATUS_PORT}`)}.*"nginx"`,
    at("udp", "\\S+:(?:68|546|[3-6]\\d{4})"),
  ];
  return {
    id: "listening-sockets-declared",
    control: "NET-06",
    argv: ["ss", "--no-header", "--oneline", "--listening", "--tcp", "--udp", "--numeric", "--processes"],
    expect: { kind: "lacks", pattern: `^(?!${known.join("|")})(?:tcp|udp)\\s` },
    outOfReach: true,
  };
}

const NAMES = {
  ipv4: { iptables: "iptables", prefix: "ufw", before: "before.rules" },
  ipv6: { iptables: "ip6tables", prefix: "ufw6", before: "before6.rules" },
} as const;

function familyChecks(settings: UfwSettings, family: Family): readonly Check[] {
  const { iptables, prefix, before } = NAMES[family];
  const openings = acceptedRules(settings, family);
  const rules = (what: string, control: ControlId, chain: string, expect: Expectation): Check => ({
    id: `${what}-${family}`,
    control,
    argv: [iptables, "-S", chain],
    expect,
  });
  return [
    rules("ufw-default-deny-incoming", "NET-03", "INPUT", { kind: "lines", lines: ["-P INPUT DROP"] }),
    // Seen, and not repaired: whoever put it there may be in by it, and UFW does not come back into a chain that was emptied.
    { ...rules("ufw-first-in-input", "NET-14", "INPUT", { kind: "lacks", pattern: `^-A INPUT (?!-j ${prefix}-)` }), outOfReach: true },
    rules("ufw-default-deny-routed", "NET-03", "FORWARD", { kind: "lines", lines: ["-P FORWARD DROP"] }),
    rules("ufw-openings-there", "NET-06", `${prefix}-user-input`, { kind: "lines", lines: openings }),
    rules("ufw-openings-exclusive", "NET-06", `${prefix}-user-input`, {
      kind: "lacks",
      pattern: `^(?!${anyOf(openings)}$).*-j (?:ACCEPT|${prefix}-user-limit-accept)`,
    }),
    {
      id: `ufw-own-rules-untouched-${family}`,
      control: "NET-06",
      argv: ["cmp", `/usr/share/ufw/iptables/${before}`, `/etc/ufw/${before}`],
      expect: { kind: "exit", code: 0 },
    },
    // DHCP, mDNS and UPnP are UFW's own; anything else that it begins with was put there.
    rules("ufw-nothing-before-it", "NET-06", `${prefix}-before-input`, {
      kind: "lacks",
      pattern: "--dports? (?!(?:67|68|546|547|1900|5353) ).*-j ACCEPT",
    }),
    rules("docker-user-drops", "NET-07", "DOCKER-USER", { kind: "oneOf", texts: dockerUserTexts(settings, family) }),
    ...forwardChecks(settings, family),
    ...hostChains(settings, family).flatMap(({ name, entry, rules: own }): readonly Check[] => {
      const first = { kind: "equals", text: `-A ${prefix}-${entry} -j ${name}` } as const;
      const text = [`-N ${name}`, ...own.map((rule) => `-A ${name} ${rule}`)].join("\n");
      return [
        { ...rules(`${name}-first`, "NET-19", `${prefix}-${entry}`, first), argv: [iptables, "-S", `${prefix}-${entry}`, "1"] },
        rules(name, "NET-19", name, { kind: "equals", text }),
      ];
    }),
  ];
}

// Of the table that Docker leaves alone.
function forwardChecks(settings: UfwSettings, family: Family): readonly Check[] {
  const asked = (id: string, chain: readonly string[], text: string): Check => ({
    id: `${id}-${family}`,
    control: "NET-07",
    argv: [NAMES[family].iptables, "--table", "mangle", "-S", ...chain],
    expect: { kind: "equals", text },
  });
  const rules = dockerUser(settings, family).map((rule) => `-A ${FORWARD_CHAIN} ${rule}`);
  return [
    asked(`${FORWARD_CHAIN}-first`, ["FORWARD", "1"], `-A FORWARD -j ${FORWARD_CHAIN}`),
    asked(FORWARD_CHAIN, [FORWARD_CHAIN], [`-N ${FORWARD_CHAIN}`, ...rules].join("\n")),
  ];
}

// As iptables prints the rules that let something in; a limited port is let in by the last of its three.
function acceptedRules(settings: UfwSettings, family: Family): readonly string[] {
  const { prefix } = NAMES[family];
  return rulesOf(settings, family).map((rule) => {
    const from = rule.from === undefined ? "" : `-s ${rule.from} `;
    const target = rule.action === "allow" ? "ACCEPT" : `${prefix}-user-limit-accept`;
    return `-A ${prefix}-user-input ${from}-p ${rule.protocol} -m ${rule.protocol} --dport ${rule.port} -j ${target}`;
  });
}

// Docker adds a RETURN behind the DROP, which nothing reaches.
function dockerUserTexts(settings: UfwSettings, family: Family): readonly string[] {
  const rules = ["-N DOCKER-USER", ...dockerUser(settings, family).map((rule) => `-A DOCKER-USER ${rule}`)];
  return [rules, [...rules, "-A DOCKER-USER -j RETURN"]].map((lines) => lines.join("\n"));
}
