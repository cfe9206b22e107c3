import type { Rule } from "../engine/rule";
import { judgeSender, judgeVault, type VaultSender } from "../readers/vaultSender";

const SENDER: VaultSender = {
  unit: "phiward-journal-upload.service",
  program: "journal send",
  settings: "/etc/phiward/journal-upload.json",
  keyFile: "/etc/phiward/journal-vault-key",
};

/** A record that waits on the host can be deleted there. */
export const journalSentAsWritten: Rule = {
  id: "journal-sent-as-written",
  description: "What sends a host's journal runs always, from the start of the host, to the vault that is declared and to no other.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-02"],
  remedy: "let the concern journal write its unit and its files; where it sends to is backup.offsite",
  appliesTo: ["phiward:host:Journal"],
  judge(unit, report) {
    judgeSender(unit, SENDER, report);
    judgeVault(unit, SENDER, report);
  },
};
