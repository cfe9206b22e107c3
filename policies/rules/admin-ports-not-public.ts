import type { Finding, Rule } from "../engine/rule";
import { cloudType, forwardingRules } from "../readers/cloud";
import { optionalText } from "../readers/containers";
import { DATABASE_PORTS } from "../readers/databases";
import { isWorld, isWorldTogether } from "../readers/network";
import { ADMIN_PORTS, openings, type Ports, WIDEST, widthOf } from "../readers/openings";
import type { Value } from "../readers/value";

const UFW = "phiward:host:Ufw";
const BALANCER = cloudType("LoadBalancer");
const ALLOWED = "such ports from single networks at most";

/** What administers machines, or hands out their files, is for administrators: the world finds it within the hour. */
export const adminPortsNotPublic: Rule = {
  id: "admin-ports-not-public",
  description: "No firewall and no load balancer opens a port of administration, file sharing or a database to the world.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-06", "NET-09", "MON-08"],
  remedy: "take the port out, name the networks it is for, or reach it through an SSH session",
  notWaivable: "anyone could try to log in to what administers the hosts",
  appliesTo: [UFW, cloudType("Firewall"), BALANCER],
  judge(unit, report) {
    if (unit.has("settings")) judgeUfw(unit, report);
    else if (unit.has("forwardingRules") || unit.has("glbSettings")) judgeBalancer(unit, report);
    // The rule about ports that are not named has the wider ones.
    else
      for (const { at, ports } of openings(unit.at("inboundRules"), "sourceAddresses"))
        if (widthOf(ports) <= WIDEST) judgePorts(at, ports, report);
  },
};

function judgeUfw(unit: Value, report: (finding: Finding) => void): void {
  for (const rule of unit.at("settings").at("rules").items() ?? []) {
    const action = rule.at("action").text();
    const port = rule.at("port").number();
    const from = rule.has("from") ? rule.at("from").text() : "the whole Internet";
    const name = port === undefined ? undefined : ADMIN_PORTS.get(port);
    if (action === "deny" || action === "reject" || name === undefined || from === undefined || !isWorld(from)) continue;
    report({ at: rule.path, found: `port ${String(port)} (${name}) open to the world`, allowed: ALLOWED });
  }
}

function judgeBalancer(unit: Value, report: (finding: Finding) => void): void {
  const network = optionalText(unit, "network");
  const allows = allowsOf(unit);
  const isLimited = allows === undefined || (allows.length > 0 && !isWorldTogether(allows.map((one) => one.replace(/^(ip|cidr):/, ""))));
  for (const rule of forwardingRules(unit)) {
    const port = rule.at("entryPort").number();
    if (port !== undefined && network !== undefined && network !== "INTERNAL" && !isLimited) judgePorts(rule.path, [port, port], report);
  }
}

// Undefined where that is not known.
function allowsOf(unit: Value): readonly string[] | undefined {
  if (!unit.has("firewall")) return [];
  const firewall = unit.at("firewall");
  if (firewall.keys() === undefined) return undefined;
  return firewall.has("allows") ? firewall.at("allows").texts() : [];
}

function judgePorts(at: string, [first, last]: Ports, report: (finding: Finding) => void): void {
  const names = [...ADMIN_PORTS, ...DATABASE_PORTS].filter(([port]) => first <= port && port <= last);
  if (names.length === 0) return;
  const shown = names.map(([port, name]) => `${String(port)} (${name})`).join(", ");
  report({ at, found: `port ${shown} open to the world`, allowed: ALLOWED });
}
