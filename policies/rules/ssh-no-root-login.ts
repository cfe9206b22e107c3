import type { Rule } from "../engine/rule";
import { demandSshd } from "../readers/sshd";

/** Nobody logs in as root: who becomes root has logged in by his own name before. */
export const sshNoRootLogin: Rule = {
  id: "ssh-no-root-login",
  description: "The SSH server refuses root, whatever the method.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-02"],
  remedy: "let people log in under their own names and use sudo",
  notWaivable: "whoever comes by one key is root, and nobody knows who it was",
  appliesTo: ["phiward:host:Ssh"],
  judge(unit, report) {
    demandSshd(unit, [{ setting: "permitRootLogin", keyword: "PermitRootLogin", allowed: "no" }], report);
  },
};
