import type { Rule } from "../engine/rule";
import { demandAssignments, filesAt } from "../readers/files";
import { direction, letsThrough, netfilter } from "../readers/netfilter";
import { shown } from "../readers/value";

const AFTER_RULES = ["/etc/ufw/after.rules", "/etc/ufw/after6.rules"];

/** What passes through the host, to a container above all, is closed too: Docker's own rules go round the input chain. */
export const ufwDefaultDenyRouted: Rule = {
  id: "ufw-default-deny-routed",
  description: "The firewall denies routed traffic to containers that is not declared.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-03", "NET-07"],
  remedy: "deny routed traffic by default and end DOCKER-USER with a drop",
  notWaivable: "what containers publish could be reached by anyone, past the firewall",
  appliesTo: ["phiward:host:Ufw"],
  judge(unit, report) {
    const routed = unit.at("settings").at("defaults").at("routed");
    const found = routed.text();
    if (found !== undefined && !["deny", "reject"].includes(found))
      report({ at: routed.path, found: shown(found, ["allow"]), allowed: "deny or reject" });
    const last = unit.at("settings").at("dockerUser");
    const word = last.text();
    if (word !== undefined && word !== "drop") report({ at: last.path, found: shown(word, ["return", "accept"]), allowed: "drop" });

    demandAssignments(unit, "/etc/default/ufw", { DEFAULT_FORWARD_POLICY: ["DROP", "REJECT"] }, report);
    const { rules, open } = netfilter(unit);
    for (const { at } of open.filter(({ chain }) => chain === "FORWARD"))
      report({ at, found: "the chain FORWARD with the policy ACCEPT", allowed: "DROP" });
    for (const rule of rules)
      if (direction(rule.chain) === "through" && letsThrough(rule))
        report({ at: rule.at, found: "a rule that allows routed traffic", allowed: "none but the returns of DOCKER-USER" });

    for (const file of filesAt(unit, AFTER_RULES, report)) {
      const chain = rules.filter(({ at, chain }) => at === file.at && chain === "DOCKER-USER");
      if (chain.findIndex(({ bare }) => bare) !== chain.length - 1 || chain.at(-1)?.target !== "DROP")
        report({
          at: file.at,
          found: "a chain DOCKER-USER that does not end with a drop",
          allowed: "-A DOCKER-USER -j DROP as its last rule, and no other without a match",
        });
    }
  },
};
