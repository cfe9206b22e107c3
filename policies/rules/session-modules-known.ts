import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed } from "../readers/closedLines";

const SELINUX = "session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so";

const FILES: readonly ClosedFile[] = [
  {
    path: "/etc/pam.d/sshd",
    lines: [
      "@include common-auth",
      "account required pam_nologin.so",
      "@include common-account",
      `${SELINUX} close`,
      "session required pam_loginuid.so",
      "session optional pam_keyinit.so force revoke",
      "@include common-session",
      "session optional pam_motd.so motd=/run/motd.dynamic",
      "session optional pam_motd.so noupdate",
      "session optional pam_mail.so standard noenv",
      "session required pam_limits.so",
      "session required pam_env.so",
      "session required pam_env.so envfile=/etc/default/locale",
      `${SELINUX} open`,
      "session required pam_namespace.so",
      "session optional pam_umask.so umask=027 nousergroups",
      "@include common-password",
    ],
    inOrder: true,
  },
  {
    path: "/etc/pam.d/systemd-user",
    lines: [
      "@include common-account",
      "session required pam_selinux.so close",
      "session required pam_selinux.so nottys open",
      "session required pam_loginuid.so",
      "session required pam_limits.so",
      "@include common-session-noninteractive",
      "session optional pam_keyinit.so force revoke",
      "session optional pam_systemd.so",
      "session required pam_namespace.so",
    ],
    inOrder: true,
  },
  {
    path: "/etc/systemd/system/phiward-storage.service",
    lines: [
      "[Unit]",
      "Description={**}",
      "RequiresMountsFor=/var/lib/phiward",
      "Before=systemd-user-sessions.service",
      "[Service]",
      "Type=oneshot",
      "RemainAfterExit=yes",
      "ExecStart=/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz storage settle /etc/phiward/storage.json",
      "[Install]",
      "WantedBy=multi-user.target",
    ],
    inOrder: true,
  },
];

/** PAM decides who may log in and with which limits: one line too many, or in another place, opens a login. */
export const sessionModulesKnown: Rule = {
  id: "session-modules-known",
  description: "Logins pass the modules of PAM that the rule lists, in that order, and no other; homes are mounted before them.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SSH-35", "FS-13"],
  remedy: "let the concern storage write these files",
  appliesTo: ["phiward:host:Storage"],
  judge(unit, report) {
    demandClosed(unit, FILES, {}, report);
  },
};
