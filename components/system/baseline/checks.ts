import { DEPLOY_USER } from "../../plan/places";
import { PROGRAM_DIRECTORIES, programCommand } from "../../plan/programs";
import { PROCESSES } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import { kernelSettings } from "./kernel";
import { kernelChecks } from "./kernelChecks";
import type { BaselineSettings } from "./settings";

export function baselineChecks(settings: BaselineSettings): readonly Check[] {
  return [
    ...kernelChecks(kernelSettings(settings.network)),
    ...shellChecks(settings),
    ...UPDATES,
    ...journalChecks(settings),
    ...timeChecks(settings),
    PASSWORD_FILES,
    NOBODY_LET_IN_UNASKED,
    MODES_DECIDED_ONCE,
    {
      // Whoever owned it could put another agent in the place of the one that root runs.
      id: "state-of-root-alone",
      control: "FS-08",
      argv: ["stat", "--format=%U:%G %a", "/var/lib/phiward", "/var/lib/phiward/units"],
      expect: { kind: "equals", text: "root:root 700\nroot:root 700" },
    },
    {
      // A drop-in is read after the unit's own file, so it decides what a job of ours runs.
      id: "own-units-without-drop-ins",
      control: "MON-04",
      argv: ["find", "/etc/systemd", "/run/systemd/system", "/usr/local/lib", "-ignore_readdir_race", "-path", "*/phiward*.d/*"],
      expect: { kind: "equals", text: "" },
      outOfReach: true,
    },
    {
      // Where nothing can be written everything runs on, and neither a deploy nor a backup can be made.
      id: "state-can-be-written",
      control: "FS-08",
      argv: programCommand("state", "writable", "/var/lib/phiward", ...PROGRAM_DIRECTORIES.map(({ path }) => path)),
      expect: { kind: "equals", text: "" },
      outOfReach: true,
    },
  ];
}

function shellChecks({ shellIdleSeconds }: BaselineSettings): readonly Check[] {
  return [
    {
      id: "shell-idle-timeout",
      control: "SSH-34",
      argv: ["runuser", "--login", DEPLOY_USER, "--command", "echo $TMOUT"],
      expect: { kind: "equals", text: `${shellIdleSeconds}` },
    },
    {
      id: "shell-umask",
      control: "FS-10",
      argv: ["runuser", "--login", DEPLOY_USER, "--command", "umask"],
      expect: { kind: "equals", text: "0027" },
    },
    {
      id: "session-umask",
      control: "FS-10",
      argv: ["grep", "--no-filename", "--extended-regexp", "^UMASK", "/etc/default/login", "/etc/login.defs"],
      expect: { kind: "lacks", pattern: "^UMASK[= \\t]+(?!0?27\\s*$)" },
    },
    {
      // Without a login shell, as in a job, pam_umask(8) alone sets it. It prints the files that lack the module.
      id: "session-umask-by-pam",
      control: "FS-10",
      argv: [
        ...["grep", "--files-without-match", "--extended-regexp", "^session[[:space:]].*pam_umask\\.so"],
        ...["/etc/pam.d/common-session", "/etc/pam.d/common-session-noninteractive"],
      ],
      expect: { kind: "equals", text: "" },
      outOfReach: true,
    },
    {
      id: "shell-settings-set-once",
      control: "SSH-34",
      argv: [
        ...["grep", "--recursive", "--extended-regexp", "^[^#]*(TMOUT=|umask[[:space:]])"],
        ...["/etc/profile", "/etc/profile.d", "/etc/bash.bashrc"],
      ],
      expect: { kind: "lacks", pattern: "^(?!/etc/profile\\.d/zz-phiward\\.sh:)" },
    },
  ];
}

const UPDATES: readonly Check[] = [
  {
    id: "security-updates-on",
    control: "PKG-01",
    argv: ["apt-config", "dump", "--format", "%F=%v%n", "APT::Periodic", "Unattended-Upgrade"],
    expect: {
      kind: "lines",
      lines: [
        "APT::Periodic::Update-Package-Lists=1",
        "APT::Periodic::Unattended-Upgrade=1",
        "Unattended-Upgrade::Package-Blacklist::=docker\\.io$",
      ],
    },
  },
  {
    id: "security-updates-only",
    control: "PKG-01",
    argv: ["apt-config", "dump", "--format", "%F=%v%n", "Unattended-Upgrade::Origins-Pattern", "Unattended-Upgrade::Allowed-Origins"],
    expect: {
      kind: "set",
      lines: [
        "Unattended-Upgrade::Origins-Pattern=",
        "Unattended-Upgrade::Origins-Pattern::=origin=Debian,codename=${distro_codename}-security,label=Debian-Security",
      ],
    },
  },
  {
    // Read after our file; apt-config does not say which file a value is from.
    id: "security-updates-decided-once",
    control: "PKG-01",
    argv: [
      ...["grep", "--recursive", "--extended-regexp", "--ignore-case", "--include=apt.conf", "--include=zz*"],
      ...["^[^#/]*(periodic|unattended-upgrade|allowinsecurerepositories)", "/etc/apt"],
    ],
    expect: { kind: "lacks", pattern: "^(?!/etc/apt/apt\\.conf\\.d/zz-phiward-updates:)" },
  },
  {
    id: "security-updates-scheduled",
    control: "PKG-01",
    argv: ["systemctl", "is-active", "apt-daily.timer", "apt-daily-upgrade.timer"],
    expect: { kind: "equals", text: "active\nactive" },
  },
  {
    id: "packages-signed",
    control: "PKG-03",
    argv: [
      ...["grep", "--recursive", "--extended-regexp", "--ignore-case", "--include=*.list", "--include=*.sources"],
      ...["(trusted|allow-insecure) *[=:] *yes", "/etc/apt"],
    ],
    expect: { kind: "nothingFound" },
  },
];

/** A person's own jobs may be suspended; a service that a signal suspended is active to systemd, and does nothing. */
export const NO_SERVICE_SUSPENDED = { kind: "lacks", pattern: "^T\\S*\\s+(?!user@)\\S+\\.service$" } as const;

/** Of a host that has its journal on the disk, none is left in memory. */
export const JOURNALS_IN_MEMORY = ["find", "/run/log", "-ignore_readdir_race", "-path", "/run/log/journal/*", "-name", "*.journal"];
export const NO_JOURNAL_IN_MEMORY = { kind: "lacks", pattern: "." } as const;

function journalChecks({ journal }: BaselineSettings): readonly Check[] {
  return [
    { id: "no-service-suspended", control: "LOG-01", argv: PROCESSES, expect: NO_SERVICE_SUSPENDED },
    {
      id: "journal-persistent",
      control: "LOG-01",
      argv: ["journalctl", "--directory=/var/log/journal", "--lines=1", "--quiet", "--output=cat"],
      expect: { kind: "matches", pattern: "." },
    },
    { id: "journal-on-disk", control: "LOG-01", argv: JOURNALS_IN_MEMORY, expect: NO_JOURNAL_IN_MEMORY },
    {
      id: "journal-limited",
      control: "LOG-01",
      argv: ["systemd-analyze", "cat-config", "systemd/journald.conf"],
      expect: {
        kind: "assigned",
        lines: [
          ...[
            "Storage=persistent",
            "Seal=yes",
            "SplitMode=none",
            `SystemMaxUse=${journal.systemMaxUse}M`,
            "SystemMaxFiles=2000",
            `MaxRetentionSec=${journal.retentionDays}day`,
          ],
          "ForwardToSyslog=no",
        ],
      },
    },
    {
      id: "logs-not-world-readable",
      control: "LOG-06",
      argv: ["find", "/var/log/journal", "-ignore_readdir_race", "-type", "f", "-perm", "/o+rwx"],
      expect: { kind: "lacks", pattern: "." },
    },
  ];
}

const TIME_DAEMONS = ["chrony.service", "ntpsec.service", "ntp.service", "systemd-timesyncd.service"];

function timeChecks({ time }: BaselineSettings): readonly Check[] {
  return [
    {
      id: "time-synchronised",
      control: "TIM-02",
      argv: ["timedatectl", "show", "--property=NTP", "--property=NTPSynchronized"],
      expect: { kind: "set", lines: ["NTP=yes", "NTPSynchronized=yes"] },
      skipInContainer: "container kernel: the clock is the machine's",
    },
    {
      id: "time-one-daemon",
      control: "TIM-01",
      argv: ["systemctl", "list-unit-files", "--state=enabled", "--no-legend", "--plain", ...TIME_DAEMONS],
      expect: { kind: "matches", pattern: "^systemd-timesyncd" },
    },
    {
      id: "time-servers-declared",
      control: "TIM-01",
      argv: ["systemd-analyze", "cat-config", "systemd/timesyncd.conf"],
      expect: { kind: "assigned", lines: [`NTP=${time.servers.join(" ")}`] },
    },
    { id: "time-zone-utc", control: "TIM-03", argv: ["date", "+%Z"], expect: { kind: "equals", text: "UTC" } },
  ];
}

const PASSWORD_FILES: Check = {
  id: "password-files-closed",
  control: "FS-07",
  argv: ["stat", "--format=%a %U:%G %n", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"],
  expect: {
    kind: "lines",
    lines: ["644 root:root /etc/passwd", "644 root:root /etc/group", "640 root:shadow /etc/shadow", "640 root:shadow /etc/gshadow"],
  },
};

// Debian's own stacks end with pam_permit(8), as `required`, which lets nobody in by itself.
const NOBODY_LET_IN_UNASKED: Check = {
  id: "pam-lets-nobody-in-unasked",
  control: "SSH-29",
  argv: [
    ...["grep", "--recursive", "--extended-regexp", "--ignore-case"],
    ...["^-?auth[[:space:]]+(sufficient|\\[[^]]*success=[^]]*\\])[[:space:]]+(/[^[:space:]]*/)?pam_(permit|exec|debug)\\.so", "/etc/pam.d"],
  ],
  expect: { kind: "nothingFound" },
  outOfReach: true,
};

// systemd-tmpfiles(8) gives modes and owners anew at each boot, and whenever a package brings files of its own.
const MODES_DECIDED_ONCE: Check = {
  id: "modes-decided-once",
  control: "FS-08",
  argv: [
    // The unit `people` has a file of its own there.
    ...["grep", "--recursive", "--extended-regexp", "--include=*.conf", "--exclude=90-phiward-people.conf"],
    "^[^#]*[[:space:]](/etc|/home|/root|/usr|/var/lib/phiward|/var/backups/phiward|/var/log/(journal|phiward))(/|[[:space:]])",
    ...["/etc/tmpfiles.d", "/usr/local/lib"],
  ],
  expect: { kind: "nothingFound" },
  outOfReach: true,
};
