import type { Rule } from "../engine/rule";
import { demandAssignments } from "../readers/files";
import { direction, letsThrough, netfilter } from "../readers/netfilter";
import { shown } from "../readers/value";

/** What no rule opens is closed, in IPv4 and in IPv6. */
export const ufwDefaultDenyIncoming: Rule = {
  id: "ufw-default-deny-incoming",
  description: "The firewall is on and denies incoming traffic that is not declared.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-03"],
  remedy: "deny by default and declare each open port",
  notWaivable: "what was never meant to be reached could be reached by anyone",
  appliesTo: ["phiward:host:Ufw"],
  judge(unit, report) {
    const incoming = unit.at("settings").at("defaults").at("incoming");
    const found = incoming.text();
    if (found !== undefined && !["deny", "reject"].includes(found))
      report({ at: incoming.path, found: shown(found, ["allow"]), allowed: "deny or reject" });

    demandAssignments(unit, "/etc/default/ufw", { IPV6: ["yes"], DEFAULT_INPUT_POLICY: ["DROP", "REJECT"] }, report);
    demandAssignments(unit, "/etc/ufw/ufw.conf", { ENABLED: ["yes"] }, report);
    const { rules, open, strange } = netfilter(unit);
    for (const { at } of open.filter(({ chain }) => chain === "INPUT"))
      report({ at, found: "the chain INPUT with the policy ACCEPT", allowed: "DROP" });
    for (const at of strange) report({ at, found: "an unrecognised line", allowed: "comments, tables, chains, and rules by -A or -I" });
    for (const rule of rules)
      if (direction(rule.chain) === "in" && letsThrough(rule) && rule.ports === undefined)
        report({ at: rule.at, found: "a rule that allows incoming traffic on every port", allowed: "rules that name the ports they open" });
  },
};
