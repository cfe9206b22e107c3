/**
 * What the kernel records, one row a fact; see audit.rules(7). Rows are the same on every host, whatever it serves, so that a
 * change of the configuration needs no restart for them.
 */
import type { ControlId } from "../../compliance/controls";
import type { AbsolutePath } from "../../plan/files";

/** One thing that is recorded. */
export interface AuditRow {
  /** By it records are found: `ausearch --key`. */
  readonly key: string;
  readonly control: ControlId;
  /** Fields of the rule, without its list, architecture and key. */
  readonly rules: readonly string[];
  /** Programs of 32 bits have calls of their own. */
  readonly both?: true;
}

// Whose session it was, whatever account it is now; daemons and containers have none.
const BY_PEOPLE = "-F auid>=1000 -F auid!=unset";

const changed = (...paths: readonly AbsolutePath[]): readonly string[] => paths.map((path) => `-F path=${path} -F perm=wa`);
const changedIn = (...paths: readonly AbsolutePath[]): readonly string[] => paths.map((path) => `-F dir=${path} -F perm=wa`);
const usedIn = (...paths: readonly AbsolutePath[]): readonly string[] => paths.map((path) => `-F dir=${path} -F perm=rwa`);
const started = (...paths: readonly AbsolutePath[]): readonly string[] => paths.map((path) => `-F path=${path} -F perm=x ${BY_PEOPLE}`);
const refused = (error: string): string =>
  `-S creat,open,openat,openat2,open_by_handle_at,truncate,ftruncate -F exit=-${error} ${BY_PEOPLE}`;

/** All of it. */
export const AUDIT_ROWS: readonly AuditRow[] = [
  {
    key: "identity",
    control: "IDS-05",
    rules: [
      ...changed("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/nsswitch.conf"),
      ...changedIn("/etc/pam.d", "/etc/security"),
    ],
  },
  { key: "privilege", control: "IDS-06", rules: [...changed("/etc/sudoers", "/var/log/sudo.log"), ...changedIn("/etc/sudoers.d")] },
  {
    key: "as-another",
    control: "IDS-06",
    both: true,
    rules: ["-S execve,execveat -C euid!=uid -F auid!=unset", `-S execve,execveat -F euid=0 ${BY_PEOPLE}`],
  },
  {
    key: "privileged-programs",
    control: "IDS-09",
    rules: started("/usr/bin/sudo", "/usr/bin/su", "/usr/bin/passwd", "/usr/bin/chage", "/usr/bin/gpasswd", "/usr/bin/newgrp"),
  },
  { key: "ssh", control: "IDS-05", rules: changedIn("/etc/ssh") },
  { key: "logins", control: "IDS-08", rules: changed("/var/log/lastlog", "/var/log/wtmp", "/var/log/btmp") },
  {
    key: "docker",
    control: "IDS-11",
    rules: [
      ...changedIn("/etc/docker", "/etc/containerd"),
      ...changed("/usr/bin/docker", "/usr/sbin/dockerd", "/usr/bin/containerd", "/usr/sbin/runc", "/run/docker.sock"),
      ...started("/usr/bin/docker"),
    ],
  },
  // Of containers' own work there would be a record for each file of a database.
  {
    key: "container-data",
    control: "IDS-12",
    rules: usedIn("/var/lib/docker", "/var/lib/containerd").map((rule) => `${rule} ${BY_PEOPLE}`),
  },
  {
    key: "key-files",
    control: "IDS-12",
    rules: [
      ...usedIn("/var/lib/phiward/secrets", "/var/lib/phiward/escrow", "/var/lib/phiward/services", "/var/lib/phiward/authority"),
      // What runs by timers reads its settings there, again and again.
      ...usedIn("/etc/phiward").map((rule) => `${rule} ${BY_PEOPLE}`),
      ...changedIn("/etc/phiward"),
    ],
  },
  { key: "ssh-keys", control: "IDS-12", rules: ["-F path=/etc/ssh/ssh_host_ed25519_key -F perm=r"] },
  { key: "tls-keys", control: "IDS-12", rules: changedIn("/etc/ssl", "/usr/local/share/ca-certificates") },
  // restic reads and writes its repository with each backup, as nobody's session.
  { key: "backups", control: "IDS-12", rules: usedIn("/var/backups/phiward").map((rule) => `${rule} ${BY_PEOPLE}`) },
  { key: "phiward", control: "IDS-09", rules: changedIn("/var/lib/phiward/units", "/usr/local/lib/phiward") },
  {
    key: "system",
    control: "IDS-07",
    rules: [...changedIn("/etc/systemd", "/etc/network", "/etc/ufw"), ...changed("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")],
  },
  { key: "host-name", control: "IDS-07", both: true, rules: ["-S sethostname,setdomainname -F auid!=unset"] },
  { key: "time", control: "IDS-07", both: true, rules: [`-S settimeofday,clock_settime,adjtimex,clock_adjtime ${BY_PEOPLE}`] },
  { key: "time-zone", control: "IDS-07", rules: changed("/etc/localtime") },
  { key: "modules", control: "IDS-10", rules: ["-S init_module,finit_module,delete_module", ...started("/usr/bin/kmod")] },
  { key: "access-control", control: "IDS-10", rules: changedIn("/etc/apparmor.d", "/etc/modprobe.d", "/etc/sysctl.d") },
  { key: "mounts", control: "IDS-09", both: true, rules: [`-S mount,umount2 ${BY_PEOPLE}`] },
  { key: "refused", control: "IDS-09", both: true, rules: [refused("EACCES"), refused("EPERM")] },
  { key: "deleted", control: "IDS-09", both: true, rules: [`-S unlink,unlinkat,rename,renameat,renameat2,rmdir ${BY_PEOPLE}`] },
  {
    key: "rights",
    control: "IDS-09",
    both: true,
    rules: [
      `-S chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr ${BY_PEOPLE}`,
    ],
  },
  {
    key: "audit",
    control: "IDS-15",
    rules: [
      ...changedIn("/etc/audit", "/var/log/audit"),
      ...changed("/usr/sbin/auditctl", "/usr/sbin/auditd", "/usr/sbin/augenrules"),
      ...started("/usr/sbin/auditctl", "/usr/sbin/ausearch"),
    ],
  },
];

/** Directories that rows name and that not every host has yet; the kernel takes no rule about one that is not there. With modes. */
export const WATCHED_DIRECTORIES: Readonly<Record<AbsolutePath, string>> = {
  "/etc/apparmor.d": "0755",
  "/etc/containerd": "0755",
  "/etc/docker": "0755",
  "/etc/network": "0755",
  "/etc/phiward": "0755",
  "/etc/ssl": "0755",
  "/etc/ufw": "0755",
  "/usr/local/share/ca-certificates": "0755",
  "/var/backups/phiward": "0700",
  "/var/lib/containerd": "0711",
  "/var/lib/docker": "0710",
  "/var/lib/phiward/authority": "0700",
  "/var/lib/phiward/escrow": "0700",
  "/var/lib/phiward/secrets": "0700",
  "/var/lib/phiward/services": "0711",
  "/var/log/audit": "0700",
};

// In ticks of the kernel, of which Debian's has 250 a second. Whoever makes a record waits so long for room in a full queue. A daemon
// that hangs must not hold up the services: a tenth of a second is enough for one that is only busy. With `halt` no record is left out.
const WAIT_TICKS = 25;
const WAIT_TICKS_BEFORE_HALT = 15_000;

/** The rules as auditctl(8) reads them. A full queue is printed by the kernel, or stops it (`halt`); then nothing can be changed. */
export function auditRules(halt: boolean): string {
  const line = (arch: string, rule: string, key: string): string => `-a always,exit -F arch=${arch} ${rule} -F key=${key}`;
  const lines = AUDIT_ROWS.flatMap(({ key, rules, both }) =>
    rules.flatMap((rule) => [line("b64", rule, key), ...(both === true ? [line("b32", rule, key)] : [])]),
  );
  const wait = String(halt ? WAIT_TICKS_BEFORE_HALT : WAIT_TICKS);
  return ["-D", "-b 16384", `--backlog_wait_time ${wait}`, `-f ${halt ? "2" : "1"}`, ...lines, "-e 2", ""].join("\n");
}
