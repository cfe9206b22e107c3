import { CONFIRM_COMMAND } from "../../../components/plan/request";
import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, type Refused, refused, replaced, withoutFile } from "./spoil";

const NAMESPACE = textOf("storage", "/etc/security/namespace.conf");
const PAM_SSHD = textOf("storage", "/etc/pam.d/sshd");
const PAM_MANAGER = textOf("storage", "/etc/pam.d/systemd-user");
const SEALING = textOf("sealing", "/etc/phiward/sealing.json");
const SEALING_SERVICE = textOf("sealing", "/etc/systemd/system/phiward-sealing.service");
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPbztxAhq75+xLcPDm5/ZKFcrfLYkp9+gDgLg2thhWP";
const IN_SESSIONS = "session required pam_namespace.so";

/** What the rules about every unit must refuse. */
export const UNITS_REFUSED: readonly Refused[] = [
  ...refused("connection-host-key-pinned", "ssh", [
    ["no host key is given", "connection.hostKey", becomes(undefined), "connection.hostKey: found nothing"],
  ]),
  ...refused("connection-host-key-pinned", "verify", [
    ["the host key is empty", "connection.hostKey", becomes(""), "not a complete Ed25519 key"],
    ["there is no connection", "connection", becomes(undefined), "connection: found nothing"],
  ]),
  ...refused("connection-host-key-pinned", "baseline", [
    [
      "the host key is of another kind",
      "connection.hostKey",
      becomes("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7"),
      "found ssh-rsa, not a complete Ed25519 key",
    ],
    ["the host key is cut short", "connection.hostKey", (good) => String(good).slice(0, -4), "not a complete Ed25519 key"],
  ]),
  ...refused("connection-host-key-pinned", "people", [
    ["the deploy logs in as root", "connection.user", becomes("root"), "connection.user: found root"],
  ]),
  ...(["baseline", "people", "storage", "ssh", "ufw", "fail2ban"] as const).flatMap((unit) =>
    refused("guarded-units-have-dead-man", unit, [
      [`the switch of ${unit} is not set`, "deadManSeconds", becomes(null), "deadManSeconds: found nothing"],
    ]),
  ),
  ...refused("people-storage-limited", "storage", [
    ["homes have no size", "settings.homes.megabytes", becomes(undefined), "settings.homes.megabytes: found nothing"],
    ["homes have a size of nothing", "settings.homes.megabytes", becomes(0), "settings.homes.megabytes: found 0"],
    ["a directory is everybody's", NAMESPACE, replaced("/var/tmp /var/tmp", "/srv /srv"), "found no line for /var/tmp"],
    ["a directory is on the disk", NAMESPACE, replaced("tmpfs:", "user:"), "/tmp that is not in memory"],
    ["a directory has no size", NAMESPACE, replaced("size=64m,", ""), "/tmp without a size, or with a larger one"],
    ["a directory is large", NAMESPACE, replaced("size=64m", "size=4096m"), "/tmp without a size, or with a larger one"],
    ["a directory has a share of the memory", NAMESPACE, replaced("size=64m", "size=90%"), "/tmp without a size"],
    ["a directory has names without end", NAMESPACE, replaced(",nr_inodes=4096", ""), "/tmp without a limit of files"],
    ["programs run there", NAMESPACE, replaced("noexec,", ""), "/tmp without noexec"],
    ["a person without sudo has the host's", NAMESPACE, replaced(",anna", ",anna,ben"), "/tmp, and an account more"],
    ["there is no such file", "files", withoutFile("/etc/security/namespace.conf"), "found no /etc/security/namespace.conf"],
    ["SSH has no part in it", PAM_SSHD, replaced("session required pam_namespace.so", ""), "found no session with pam_namespace.so"],
    ["a session goes on without it", PAM_SSHD, replaced("required pam_namespace", "optional pam_namespace"), "or one that may fail"],
    ["homes are too small", "settings.homes.megabytes", becomes(127), "found 127, allowed: a whole number of at least 128"],
    ["homes have half a megabyte", "settings.homes.megabytes", becomes(200.5), "found 200.5, allowed: a whole number of at least 128"],
    ["/tmp is everybody's", NAMESPACE, replaced("/tmp /tmp", "/srv /srv"), "found no line for /tmp, allowed: a line for it"],
    ["shared memory is everybody's", NAMESPACE, replaced("/dev/shm /dev/shm", "/srv /srv"), "found no line for /dev/shm"],
    ["locks are everybody's", NAMESPACE, replaced("/run/lock /run/lock", "/srv /srv"), "found no line for /run/lock"],
    ["a line is none", NAMESPACE, replaced("/dev/shm /dev/shm", "# /dev/shm /dev/shm"), "found no line for /dev/shm"],
    ["a line is none from its first character", NAMESPACE, replaced("/dev/shm /dev/shm", "#/dev/shm /dev/shm"), "no line for /dev/shm"],
    [
      "devices work there",
      NAMESPACE,
      replaced("nodev,", ""),
      "/tmp without nodev, allowed: tmpfs with nodev, nosuid, noexec, size of at most 256m and nr_inodes",
    ],
    ["programs become others there", NAMESPACE, replaced("nosuid,", ""), "/tmp without nosuid"],
    ["an option only begins like one", NAMESPACE, replaced("nosuid,", "nosuidx,"), "/tmp without nosuid"],
    ["options have another name", NAMESPACE, replaced("mntopts=", "options="), "/tmp without a size, or with a larger one"],
    ["a directory has a megabyte too much", NAMESPACE, replaced("size=64m", "size=257m"), "/tmp without a size, or with a larger one"],
    ["a directory has no room at all", NAMESPACE, replaced("size=64m", "size=0m"), "/tmp without a size, or with a larger one"],
    ["a size is in another unit", NAMESPACE, replaced("size=64m", "size=64mb"), "/tmp without a size, or with a larger one"],
    ["only another option has a size", NAMESPACE, replaced("size=64m", "maxsize=64m"), "/tmp without a size, or with a larger one"],
    ["the kernel sets no limit of files for 0", NAMESPACE, replaced("nr_inodes=4096", "nr_inodes=0"), "/tmp without a limit of files"],
    ["a million files are none", NAMESPACE, replaced("nr_inodes=4096", "nr_inodes=1000000"), "/tmp without a limit of files"],
    ["only another option limits files", NAMESPACE, replaced("nr_inodes=4096", "xnr_inodes=4096"), "/tmp without a limit of files"],
    ["a limit of files is in another unit", NAMESPACE, replaced("nr_inodes=4096", "nr_inodes=4096k"), "/tmp without a limit of files"],
    ["a line names no method", NAMESPACE, replaced("/tmp /tmp tmpfs", "/tmp /tmp\n/tmp /tmp tmpfs"), "/tmp that is not in memory"],
    ["an account more is the first", NAMESPACE, replaced("root,", "ben,root,"), "allowed: accounts that may become root alone"],
    ["the manager of a person's services has no part in it", PAM_MANAGER, replaced(IN_SESSIONS, ""), "no session with pam_namespace.so"],
    [
      "it is left out of sessions",
      PAM_SSHD,
      replaced(IN_SESSIONS, `# ${IN_SESSIONS}`),
      "or one that may fail, allowed: session required pam_namespace.so",
    ],
    ["another module has its name in it", PAM_SSHD, replaced("pam_namespace.so", "pam_namespace.so.old"), "found no session with"],
    [
      "it is asked for with options",
      PAM_SSHD,
      replaced("pam_namespace.so", "pam_namespace.so ignore_config_error"),
      "found no session with",
    ],
  ]),
  ...refused("journal-sealed", "sealing", [
    ["the keys are encrypted to no key", "settings.recipient", becomes("age1"), "settings.recipient: found not a public key"],
    ["the host opens its own", "settings.recipient", becomes(HOST_KEY), "found the host's own key, which opens what shows a broken seal"],
    ["the program encrypts to another key", SEALING, replaced('"recipient": "', '"recipient": "none '), "found not a public key"],
    ["an hour is sealed at once", "settings.intervalSeconds", becomes(3600), "found 3600 seconds, allowed: 900 at most"],
    ["the program seals later", SEALING, replaced('"intervalSeconds": 900', '"intervalSeconds": 901'), "found 901 seconds"],
    ["nothing looks after it", SEALING_SERVICE, replaced("sealing keep", "sealing list"), "found another ExecStart"],
    ["it says nothing to its program", "files", withoutFile("/etc/phiward/sealing.json"), "files: found no /etc/phiward/sealing.json"],
  ]),
  ...refused("commands-run-agent-only", "raw-command", [
    [
      "it runs a command of its own",
      "create",
      becomes("sed -i s/no/yes/ /etc/ssh/sshd_config.d/10-phiward.conf"),
      "create: found text of 55 characters, allowed: the commands that run phiward's agent",
    ],
    ["it runs the agent and something else", "create", (good) => `${String(good)}; reboot`, "create: found text of"],
    ["it runs nothing that is known, such as a copy of a file", "create", becomes(undefined), "create: found nothing"],
    ["it runs something at each change", "update", becomes("reboot"), "update: found a value"],
    ["it runs something when it is removed", "delete", becomes("reboot"), "delete: found a value"],
    ["it gives the command an environment", "environment", becomes({ PATH: "/tmp" }), "environment: found a value"],
    ["it runs here", "connection", becomes(undefined), "connection: found nothing"],
    ["any host key will do", "connection.hostKey", becomes(undefined), "connection.hostKey: found an empty text"],
    ["the host key is of another kind", "connection.hostKey", becomes("ssh-rsa AAAA"), "connection.hostKey: found text of 12 characters"],
    ["it logs in as root", "connection.user", becomes("root"), "connection.user: found root"],
    ["it logs in as nobody in particular", "connection.user", becomes(undefined), "connection.user: found root"],
    ["it has a password", "connection.password", becomes("hunter2"), "connection.password: found a value"],
    ["it has a private key", "connection.privateKey", becomes("a key"), "connection.privateKey: found a value"],
    ["it goes by another host", "connection.proxy", becomes({ host: "192.0.2.66" }), "connection.proxy: found a value"],
  ]),
  ...refused("commands-run-agent-only", "raw-install", [
    ["it runs another command here", "create", becomes("node ops/phiward.cjs up --yes"), "create: found text of 29 characters"],
    ["it runs that and something else here", "create", (good) => `${String(good)}; reboot`, "create: found text of"],
    ["it chooses the programs that are found", "environment.PATH", becomes("/tmp"), "environment.PATH: found a value"],
    ["it has Node.js load something first", "environment.NODE_OPTIONS", becomes("--require=/tmp/x"), "environment.NODE_OPTIONS: found"],
    ["it is run by another shell", "interpreter", becomes(["/bin/bash", "-c"]), "interpreter: found a value"],
    ["it is run somewhere else", "dir", becomes("/tmp"), "dir: found a value"],
    ["it runs something when it is removed", "delete", becomes("reboot"), "delete: found a value"],
    ["it installs another package", "environment.PHIWARD_PACKAGES", becomes("age telnetd"), "PHIWARD_PACKAGES: found another package"],
    ["it hands apt an option", "environment.PHIWARD_PACKAGES", becomes("--allow-unauthenticated age"), "found another package"],
    ["its packages are no text", "environment.PHIWARD_PACKAGES", becomes(["telnetd"]), "PHIWARD_PACKAGES: found a list"],
    ["any host key will do", "environment.PHIWARD_HOST_KEY", becomes(undefined), "PHIWARD_HOST_KEY: found an empty text"],
    ["it logs in as root", "environment.PHIWARD_USER", becomes("root"), "environment.PHIWARD_USER: found root"],
    ["it runs on a host", "connection", becomes({ host: "192.0.2.1", user: "deploy" }), "create: found text of"],
  ]),
  ...refused("guarded-units-have-dead-man", "ssh", [
    ["the switch acts after more than an hour", "deadManSeconds", becomes(3601), "found 3601 seconds"],
  ]),
  ...refused("accepted-drift-reasoned", "integrity", [
    ["a reason says nothing", "settings.declared.accepted.0.reason", becomes("because   it   is  so"), "found a shorter reason"],
    ["a reason is long by its blanks", "settings.declared.accepted.0.reason", becomes(" the laboratory, yes "), "found a shorter reason"],
    ["nobody sees to it", "settings.declared.accepted.0.owner", becomes(" "), "found nobody"],
    ["it has no end", "settings.declared.accepted.0.expires", becomes("never"), "found no day"],
    ["a day lies in no month", "settings.declared.accepted.0.expires", becomes("2027-13-01"), "found no day"],
    ["it is a rule of sudo", "settings.declared.accepted.0.kind", becomes("sudo rule"), "found what makes whoever put it there root"],
    [
      "it is what every program loads",
      "settings.declared.accepted.0.path",
      becomes("/etc/ld.so.preload"),
      "found what makes whoever put it there root",
    ],
    [
      "the host's file alone accepts keys of root",
      textOf("integrity", "/etc/phiward/integrity.json"),
      replaced("/etc/cron.d/vendor", "/root/.ssh/authorized_keys2"),
      "found what makes whoever put it there root",
    ],
  ]),
  ...refused("guarded-units-have-dead-man", "ufw", [
    ["the switch acts before anybody can confirm", "deadManSeconds", becomes(19), "found 19 seconds"],
  ]),
];

/** What they must let pass. */
export const UNITS_ALLOWED: readonly Allowed[] = [
  ...allowed("commands-run-agent-only", "raw-command", [
    ["it confirms a change", "create", becomes(CONFIRM_COMMAND)],
    ["the host's address is not known yet", "connection", becomes({ host: "", user: "root", port: 22 })],
  ]),
  ...allowed("commands-run-agent-only", "raw-install", [
    ["a host gets no package early", "environment.PHIWARD_PACKAGES", becomes(undefined)],
  ]),
  ...allowed("people-storage-limited", "storage", [
    ["homes are large", "settings.homes.megabytes", becomes(1_048_576)],
    ["a directory is as large as may be", NAMESPACE, replaced("size=64m", "size=256m")],
    ["a line is a comment", NAMESPACE, added("# sessions")],
    ["a comment is set back, and a line holds blanks alone", NAMESPACE, added("  # /srv /srv user\n  \n")],
    ["a line is set back", NAMESPACE, replaced("/dev/shm /dev/shm", "  /dev/shm\t/dev/shm")],
    ["another directory has one too", NAMESPACE, added("/srv /srv user:create root,ben")],
    ["homes are as small as may be", "settings.homes.megabytes", becomes(128)],
    ["a directory is as small as may be", NAMESPACE, replaced("size=64m", "size=1m")],
    ["it has as many files as may be", NAMESPACE, replaced("nr_inodes=4096", "nr_inodes=999999")],
    ["a session names it with other blanks", PAM_SSHD, replaced(IN_SESSIONS, "session \trequired\t pam_namespace.so  ")],
  ]),
  ...allowed("journal-sealed", "sealing", [
    ["the key is another one than that of backups", "settings.recipient", becomes(`age1${"q".repeat(58)}`)],
    ["each minute is sealed", "settings.intervalSeconds", becomes(60)],
  ]),
  ...allowed("accepted-drift-reasoned", "integrity", [
    ["nothing is accepted", "settings.declared.accepted", becomes([])],
    ["a reason is as short as may be", "settings.declared.accepted.0.reason", becomes("the laboratory's own")],
  ]),
  ...allowed("guarded-units-have-dead-man", "ssh", [
    ["the switch acts after an hour", "deadManSeconds", becomes(3600)],
    ["the switch acts after 20 seconds", "deadManSeconds", becomes(20)],
  ]),
];
