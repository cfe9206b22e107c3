/**
 * What the proposed Security Rule would ask for (notice of proposed rulemaking, 90 FR 898 of 2025-01-06, RIN 0945-AA22). Nothing of it
 * is in force. Its items are named by what they ask: the paragraph numbers of a final rule are not known.
 */
import type { ControlId } from "./controls";

/** Where the proposal stands, and when that was looked up. */
export const PROPOSAL = { source: "90 FR 898", status: "proposed", lookedUp: "2026-08" } as const;

/** An item of the proposal. */
export interface Proposed {
  readonly asks: string;
  /** What of the catalogue goes in its direction. */
  readonly controls: readonly ControlId[];
  /** What would remain to be done. */
  readonly remains: string;
}

/** Every item, by a name of its own. */
export const PROPOSED: Readonly<Record<`NPRM-${string}`, Proposed>> = {
  "NPRM-no-addressable": {
    asks: "No specification is addressable any more, with few exceptions",
    controls: [],
    remains: "Read every addressable clause of this page as required.",
  },
  "NPRM-written-documentation": {
    asks: "Policies, procedures, plans and analyses are in writing",
    controls: ["GOV-04", "GOV-05"],
    remains: "Write down those of the organization.",
  },
  "NPRM-asset-inventory": {
    asks: "An inventory of technology assets and a network map are kept, and reviewed every 12 months",
    controls: ["GOV-07", "CLD-11"],
    remains: "List what is not in the stack, such as workstations, and review both every year.",
  },
  "NPRM-risk-analysis": {
    asks: "The risk analysis is written and more specific",
    controls: ["GOV-04"],
    remains: "Write the analysis, and review it every 12 months.",
  },
  "NPRM-access-termination-notice": {
    asks: "Others whose systems a leaving person could use are notified within 24 hours",
    controls: ["SSH-22", "SSH-23"],
    remains: "Notify the other entities.",
  },
  "NPRM-restore-in-72-hours": {
    asks: "Critical systems and data are restored within 72 hours, by written procedures",
    controls: ["BKP-05", "BKP-09", "IR-08"],
    remains: "Drill a whole recovery, and measure it.",
  },
  "NPRM-compliance-audit": {
    asks: "Compliance with the rule is audited every 12 months",
    controls: ["MON-10"],
    remains: "Have the audit done, and keep its report.",
  },
  "NPRM-business-associate-verification": {
    asks: "Business associates show every 12 months that their safeguards are in place",
    controls: ["GOV-01"],
    remains: "Ask each of them for the written verification.",
  },
  "NPRM-encryption": {
    asks: "Patients' data are encrypted at rest and in transit",
    controls: ["FS-05", "TLS-01", "BKP-02", "CLD-06", "CLD-09"],
    remains: "Encrypt what the applications keep elsewhere.",
  },
  "NPRM-configuration-management": {
    asks: "Systems are configured consistently: protected from malware, without needless software, with unused ports closed",
    controls: ["MON-06", "PKG-06", "NET-03", "NET-06", "IDS-18"],
    remains: "Do the same for the workstations.",
  },
  "NPRM-multi-factor-authentication": {
    asks: "People authenticate with more than one factor",
    controls: ["SSH-24"],
    remains: "Use keys on tokens that ask for a touch or a PIN, and a second factor in the applications.",
  },
  "NPRM-vulnerability-scanning": {
    asks: "Systems are scanned for vulnerabilities every 6 months",
    controls: ["PKG-10", "PKG-11", "IDS-20"],
    remains: "Scan what is not based on Debian, and the applications themselves, and keep the results.",
  },
  "NPRM-penetration-testing": {
    asks: "Systems are tested by an attack every 12 months",
    controls: ["MON-05", "TLS-22"],
    remains: "Have the test done by someone who knows how.",
  },
  "NPRM-network-segmentation": {
    asks: "Networks are segmented",
    controls: ["NET-13", "NET-18", "NET-19", "NET-21"],
    remains: "Segment the network of the office too.",
  },
  "NPRM-backup-controls": {
    asks: "Backup and recovery have technical controls of their own",
    controls: ["BKP-01", "BKP-02", "BKP-03", "BKP-04", "BKP-05", "BKP-06"],
    remains: "Keep the recovery key apart from the hosts.",
  },
  "NPRM-test-of-measures": {
    asks: "Security measures are reviewed and tested every 12 months",
    controls: ["MON-06", "MON-09", "IR-10"],
    remains: "Test the measures of the organization.",
  },
  "NPRM-contingency-notice": {
    asks: "A business associate notifies within 24 hours that its contingency plan is in use",
    controls: [],
    remains: "Put it into the contracts.",
  },
  "NPRM-plan-sponsors": {
    asks: "Plan documents of group health plans bind their sponsors to these safeguards",
    controls: [],
    remains: "It binds group health plans alone.",
  },
};
