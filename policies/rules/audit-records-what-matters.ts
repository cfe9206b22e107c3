import type { Rule } from "../engine/rule";
import { demandClosed } from "../readers/closedLines";

const FILE = "/etc/audit/rules.d/phiward.rules";
const PEOPLE = "-F auid>=1000 -F auid!=unset";

// Listed here again, and not read from the concern: what is not recorded there any more is refused here.
const CHANGED: Readonly<Record<string, readonly string[]>> = {
  identity: ["path=/etc/passwd", "path=/etc/shadow", "path=/etc/group", "path=/etc/gshadow", "path=/etc/nsswitch.conf"],
  "identity ": ["dir=/etc/pam.d", "dir=/etc/security"],
  privilege: ["path=/etc/sudoers", "path=/var/log/sudo.log", "dir=/etc/sudoers.d"],
  ssh: ["dir=/etc/ssh"],
  logins: ["path=/var/log/lastlog", "path=/var/log/wtmp", "path=/var/log/btmp"],
  docker: ["dir=/etc/docker", "dir=/etc/containerd", "path=/usr/bin/docker", "path=/usr/sbin/dockerd", "path=/usr/bin/containerd"],
  "docker ": ["path=/usr/sbin/runc", "path=/run/docker.sock"],
  "key-files": ["dir=/etc/phiward"],
  "tls-keys": ["dir=/etc/ssl", "dir=/usr/local/share/ca-certificates"],
  phiward: ["dir=/var/lib/phiward/units", "dir=/usr/local/lib/phiward"],
  system: ["dir=/etc/systemd", "dir=/etc/network", "dir=/etc/ufw", "path=/etc/hosts", "path=/etc/hostname", "path=/etc/resolv.conf"],
  "time-zone": ["path=/etc/localtime"],
  "access-control": ["dir=/etc/apparmor.d", "dir=/etc/modprobe.d", "dir=/etc/sysctl.d"],
  audit: ["dir=/etc/audit", "dir=/var/log/audit", "path=/usr/sbin/auditctl", "path=/usr/sbin/auditd", "path=/usr/sbin/augenrules"],
};
const USED: Readonly<Record<string, readonly string[]>> = {
  "key-files": [
    "dir=/var/lib/phiward/secrets",
    "dir=/var/lib/phiward/escrow",
    "dir=/var/lib/phiward/services",
    "dir=/var/lib/phiward/authority",
  ],
};
const USED_BY_PEOPLE: Readonly<Record<string, readonly string[]>> = {
  "container-data": ["dir=/var/lib/docker", "dir=/var/lib/containerd"],
  "key-files": ["dir=/etc/phiward"],
  backups: ["dir=/var/backups/phiward"],
};
const STARTED: Readonly<Record<string, readonly string[]>> = {
  "privileged-programs": ["sudo", "su", "passwd", "chage", "gpasswd", "newgrp"].map((name) => `path=/usr/bin/${name}`),
  docker: ["path=/usr/bin/docker"],
  modules: ["path=/usr/bin/kmod"],
  audit: ["path=/usr/sbin/auditctl", "path=/usr/sbin/ausearch"],
};
const OPENED = "-S creat,open,openat,openat2,open_by_handle_at,truncate,ftruncate";
const BOTH: readonly (readonly [string, string])[] = [
  ["-S execve,execveat -C euid!=uid -F auid!=unset", "as-another"],
  [`-S execve,execveat -F euid=0 ${PEOPLE}`, "as-another"],
  ["-S sethostname,setdomainname -F auid!=unset", "host-name"],
  [`-S settimeofday,clock_settime,adjtimex,clock_adjtime ${PEOPLE}`, "time"],
  [`-S mount,umount2 ${PEOPLE}`, "mounts"],
  [`${OPENED} -F exit=-EACCES ${PEOPLE}`, "refused"],
  [`${OPENED} -F exit=-EPERM ${PEOPLE}`, "refused"],
  [`-S unlink,unlinkat,rename,renameat,renameat2,rmdir ${PEOPLE}`, "deleted"],
  [
    `-S chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr ${PEOPLE}`,
    "rights",
  ],
];

function lines(rows: Readonly<Record<string, readonly string[]>>, rest: string): readonly string[] {
  return Object.entries(rows).flatMap(([key, fields]) =>
    fields.map((field) => `-a always,exit -F arch=b64 -F ${field} -F perm=${rest} -F key=${key.trim()}`),
  );
}

const LINES = [
  ...["-D", "-b {8192..65536}", "--backlog_wait_time {1..60000}", "-f {1|2}", "-e 2"],
  ...lines(CHANGED, "wa"),
  ...lines(USED, "rwa"),
  ...lines(USED_BY_PEOPLE, `rwa ${PEOPLE}`),
  ...lines(STARTED, `x ${PEOPLE}`),
  "-a always,exit -F arch=b64 -F path=/etc/ssh/ssh_host_ed25519_key -F perm=r -F key=ssh-keys",
  "-a always,exit -F arch=b64 -S init_module,finit_module,delete_module -F key=modules",
  ...BOTH.flatMap(([rule, key]) => ["b64", "b32"].map((arch) => `-a always,exit -F arch=${arch} ${rule} -F key=${key}`)),
];

/** What is not recorded cannot be asked for after an incident; one rule that excludes, before ours, is enough. */
export const auditRecordsWhatMatters: Rule = {
  id: "audit-records-what-matters",
  description: "Changes of accounts, rights, keys and programs, access to secrets and data, and what people do as root are recorded.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["IDS-04", "IDS-05", "IDS-06", "IDS-07", "IDS-08", "IDS-09", "IDS-10", "IDS-11", "IDS-12"],
  remedy: "let the concern audit write its rules; they are the same on every host",
  appliesTo: ["phiward:host:Audit"],
  judge(unit, report) {
    demandClosed(unit, [{ path: FILE, lines: LINES, comment: /^#/ }], {}, report);
  },
};
