import type { Rule } from "../engine/rule";
import { demandSshd } from "../readers/sshd";

/** Nobody logs in by a password: a key names its owner, and cannot be guessed. */
export const sshNoPasswords: Rule = {
  id: "ssh-no-passwords",
  description: "The SSH server accepts public keys and no passwords.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-03"],
  remedy: "remove from the SSH component whatever allows passwords",
  notWaivable: "whoever guesses a password is on the host",
  appliesTo: ["phiward:host:Ssh"],
  judge(unit, report) {
    demandSshd(
      unit,
      [
        { setting: "passwordAuthentication", keyword: "PasswordAuthentication", allowed: "no" },
        {
          setting: "kbdInteractiveAuthentication",
          keyword: "KbdInteractiveAuthentication",
          alias: "ChallengeResponseAuthentication",
          allowed: "no",
        },
        { setting: "authenticationMethods", keyword: "AuthenticationMethods", allowed: "publickey" },
      ],
      report,
    );
  },
};
