import type { Rule } from "../engine/rule";
import { judgeSender, judgeVault, type VaultSender } from "../readers/vaultSender";

const SENDER: VaultSender = {
  unit: "phiward-metrics.service",
  program: "metrics send",
  settings: "/etc/phiward/metrics.json",
  keyFile: "/etc/phiward/metrics-vault-key",
};

/** A host that nobody hears of is one whose disk may be full, and whose checks may fail. */
export const metricsSentToOwnVault: Rule = {
  id: "metrics-sent-to-own-vault",
  description: "What sends a host's metrics runs always, from the start of the host, to the vault that is declared and to no other.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["MON-02"],
  remedy: "let the concern metrics write its unit and its files; where it sends to is backup.offsite",
  appliesTo: ["phiward:host:Metrics"],
  judge(unit, report) {
    judgeSender(unit, SENDER, report);
    // A vault brings its own by no connection.
    if (unit.at("settings").has("vault")) judgeVault(unit, SENDER, report);
  },
};
