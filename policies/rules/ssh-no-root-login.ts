import type { Rule } from "../engine/rule";
import { demandSshd } from "../readers/sshd";

/** Nobody logs in as root: who becomes root has logged in by his own name before. */
export const sshNoRootLogin: Rule = {
  id: "ssh-no-root-login",
  description: "The SSH server refuses root, by whatever means.",
  severity: "critical",
  enforcementLevel: "mandatory",
  control: "SSH-02",
  citations: [
    { framework: "HIPAA", reference: "164.312(a)(2)(i)" },
    { framework: "HIPAA", reference: "164.312(d)" },
    { framework: "GDPR", reference: "32(1)(b)" },
  ],
  remedy: "let people log in by their own names and use sudo",
  appliesTo: ["phiward:host:Ssh"],
  judge(unit, report) {
    demandSshd(unit, [{ state: "permitRootLogin", keyword: "PermitRootLogin", allowed: "no" }], report);
  },
};
