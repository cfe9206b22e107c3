import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed } from "../readers/closedLines";
import { filesWhere } from "../readers/files";

const MODULES = ["dccp", "sctp", "rds", "tipc", "atm", "can", "cramfs", "freevxfs", "hfs", "hfsplus", "jffs2", "udf"];
const NOT_UPGRADED = ["docker\\.io$", "docker-ce$", "docker-cli$", "containerd$", "containerd\\.io$", "runc$"];

const FILES: readonly ClosedFile[] = [
  { path: "/etc/modprobe.d/phiward.conf", lines: [...MODULES, "usb_storage", "firewire_core"].map((name) => `install ${name} /bin/false`) },
  { path: "/etc/security/limits.d/zz-phiward.conf", lines: ["* hard core 0", "root hard core 0"] },
  { path: "/etc/systemd/coredump.conf.d/zz-phiward.conf", lines: ["[Coredump]", "Storage=none", "ProcessSizeMax=0"], inOrder: true },
  {
    path: "/etc/systemd/journald.conf.d/zz-phiward.conf",
    lines: [
      "[Journal]",
      "Storage=persistent",
      "Compress=yes",
      "Seal=yes",
      "SplitMode=none",
      "SystemMaxUse={100..100000}M",
      "SystemKeepFree={100..100000}M",
      "SystemMaxFiles=2000",
      "MaxRetentionSec={90..3650}day",
      "ForwardToSyslog=no",
    ],
    inOrder: true,
  },
  { path: "/etc/systemd/timesyncd.conf.d/zz-phiward.conf", lines: ["[Time]", "NTP=", "NTP={servers}", "FallbackNTP="], inOrder: true },
  {
    path: "/etc/apt/apt.conf.d/zz-phiward-updates",
    lines: [
      'APT::Periodic::Update-Package-Lists "1";',
      'APT::Periodic::Unattended-Upgrade "1";',
      'APT::Periodic::AutocleanInterval "{1..31}";',
      // To apt these are no comments: they empty the lists that other files begin.
      "#clear Unattended-Upgrade::Origins-Pattern;",
      "#clear Unattended-Upgrade::Package-Blacklist;",
      'Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";',
      ...NOT_UPGRADED.map((name) => `Unattended-Upgrade::Package-Blacklist:: "${name}";`),
      'Unattended-Upgrade::SyslogEnable "true";',
      'Unattended-Upgrade::Automatic-Reboot "{true|false}";',
      'Unattended-Upgrade::Automatic-Reboot-WithUsers "true";',
      'Unattended-Upgrade::Automatic-Reboot-Time "{0..23}:{0..59}";',
      'Acquire::AllowInsecureRepositories "false";',
    ],
    inOrder: true,
    comment: /^\/\//,
  },
  { path: "/etc/default/login", lines: ["UMASK=027"], inOrder: true },
  { path: "/etc/profile.d/zz-phiward.sh", lines: ["readonly TMOUT={60..900}", "export TMOUT", "umask 027"], inOrder: true },
];
const OTHERS = ["/usr/local/lib/phiward/phiward.pyz", "/etc/sysctl.d/zz-phiward.conf", "/etc/issue", "/etc/issue.net", "/etc/motd"];

/** Of the system's settings, each of which a later file may undo. */
export const systemSettingsKnown: Rule = {
  id: "system-settings-known",
  description: "Journal, updates, time, core dumps, kernel modules and idle shells have the settings that the rule lists, and no other.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-01", "PKG-01", "KRN-04", "KRN-16", "KRN-17", "KRN-18", "TIM-01", "SSH-34"],
  remedy: "let the concern baseline write these files; what may be chosen is under journal, updates, time and shell in the configuration",
  appliesTo: ["phiward:host:Baseline"],
  judge(unit, report) {
    const servers = unit.at("settings").at("time").at("servers").texts();
    // What apt itself has in braces.
    const words = { distro_codename: "{distro_codename}" };
    if (servers !== undefined) demandClosed(unit, FILES, { ...words, servers: servers.join(" ") }, report);
    const known = [...FILES.map(({ path }) => path), ...OTHERS];
    // Programs are judged by their hash; what is not text is no file of settings.
    for (const { path, at } of filesWhere(unit, (found) => !known.includes(found)).files)
      if (!known.includes(path)) report({ at, found: "another file of the system", allowed: "those that the rule lists" });
  },
};
