import { type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { hostArchiveFile, PROGRAM_DIRECTORIES } from "../../plan/programs";
import { enableStep, PROCESSES, serviceSteps } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Probe, type Step } from "../../plan/types";
import { baselineChecks, JOURNALS_IN_MEMORY, NO_JOURNAL_IN_MEMORY, NO_SERVICE_SUSPENDED } from "./checks";
import { BLOCKED_MODULES, interfaceProbe, type KernelSettings, kernelSettings, networkKeys, sysctlId } from "./kernel";
import { SYSCTL_FILE } from "./kernelChecks";
import { type BaselineSettings } from "./settings";

/**
 * Everything the baseline wants of the host. Of several files that say something else, the last by name counts (systemd, sysctl.d,
 * limits.d, apt.conf.d, profile.d): hence the names of these.
 */
export function baselinePlan(settings: BaselineSettings): ConcernPlan {
  const kernel = kernelSettings(settings.network);
  const updates = textFile("/etc/apt/apt.conf.d/zz-phiward-updates", unattendedUpgrades(settings.updates));
  const time = textFile(
    "/etc/systemd/timesyncd.conf.d/zz-phiward.conf",
    `[Time]\nNTP=\nNTP=${settings.time.servers.join(" ")}\nFallbackNTP=\n`,
  );
  const journal = textFile("/etc/systemd/journald.conf.d/zz-phiward.conf", journald(settings.journal));
  return {
    ...EMPTY_PLAN,
    // No Recommends: a mail server would come with unattended-upgrades.
    packages: ["unattended-upgrades", "systemd-timesyncd", "kmod", "procps", "python3"],
    files: files(settings, kernel, [journal, time, updates]),
    directories: [
      ...PROGRAM_DIRECTORIES,
      ...["coredump", "journald", "timesyncd"].map(
        (name): PlanDirectory => ({
          path: `/etc/systemd/${name}.conf.d`,
          owner: "root:root",
          mode: "0755",
          exclusive: { noun: `${name} settings`, keep: [] },
        }),
      ),
      JOURNAL_DIRECTORY,
    ],
    validators: [{ id: "apt-config", argv: ["apt-config", "dump"], files: [updates] }],
    steps: [
      ...advertisedRoute(settings),
      CONTINUE_SERVICES,
      ...sysctlSteps(kernel),
      restartJournal(journal),
      JOURNAL_TO_DISK,
      ...timeSteps(time),
      ...UPDATE_STEPS,
      START_TIME,
    ],
    checks: baselineChecks(settings),
  };
}

function files(settings: BaselineSettings, { whole, interfaces }: KernelSettings, ofServices: readonly PlanFile[]): readonly PlanFile[] {
  return [
    // In the first concern of all: the steps, timers and checks of the others run it.
    hostArchiveFile(),
    textFile(SYSCTL_FILE, lines(Object.entries({ ...whole, ...interfaces }).map(([key, { value }]) => `${key} = ${value}`))),
    textFile("/etc/modprobe.d/phiward.conf", lines(Object.keys(BLOCKED_MODULES).map((name) => `install ${name} /bin/false`))),
    textFile("/etc/security/limits.d/zz-phiward.conf", "* hard core 0\nroot hard core 0\n"),
    textFile("/etc/systemd/coredump.conf.d/zz-phiward.conf", "[Coredump]\nStorage=none\nProcessSizeMax=0\n"),
    ...ofServices,
    textFile("/etc/issue", `${settings.banner.trimEnd()}\n`),
    textFile("/etc/issue.net", `${settings.banner.trimEnd()}\n`),
    textFile("/etc/motd", ""),
    // Read by pam_umask(8) for every session, also one without a login shell.
    textFile("/etc/default/login", "UMASK=027\n"),
    textFile("/etc/profile.d/zz-phiward.sh", `readonly TMOUT=${settings.shellIdleSeconds}\nexport TMOUT\numask 027\n`),
  ];
}

// Journals are kept on the disk once their directory is there.
const JOURNAL_DIRECTORY: PlanDirectory = { path: "/var/log/journal", owner: "root:systemd-journal", mode: "2755" };

function restartJournal(settings: PlanFile): Step {
  return {
    id: "restart-journald",
    argv: ["systemctl", "restart", "systemd-journald.service"],
    phase: "after",
    when: { kind: "change", on: [settings, JOURNAL_DIRECTORY] },
    undo: { kind: "again" },
  };
}

// After a full disk journald goes on in memory, until the next restart of the host or until it is asked.
const JOURNAL_TO_DISK: Step = {
  id: "write-journal-to-disk",
  argv: ["journalctl", "--flush"],
  phase: "after",
  when: { kind: "state", unless: { argv: JOURNALS_IN_MEMORY, expect: NO_JOURNAL_IN_MEMORY } },
  undo: { kind: "none" },
};

// The journal among them, without which nothing is on record. Whatever else a signal suspended would be waited for in vain.
const CONTINUE_SERVICES: Step = {
  id: "continue-services",
  argv: ["pkill", "--signal", "CONT", "--runstates", "T"],
  phase: "before",
  when: { kind: "state", unless: { argv: PROCESSES, expect: NO_SERVICE_SUSPENDED } },
  undo: { kind: "none" },
};

function timeSteps(settings: PlanFile): readonly Step[] {
  return [
    {
      id: "set-time-zone",
      argv: ["ln", "-sfn", "/usr/share/zoneinfo/Etc/UTC", "/etc/localtime"],
      phase: "after",
      when: { kind: "state", unless: { argv: ["date", "+%Z"], expect: { kind: "equals", text: "UTC" } } },
      undo: { kind: "none" },
    },
    {
      id: "restart-timesyncd",
      argv: ["systemctl", "try-restart", "systemd-timesyncd.service"],
      phase: "after",
      when: { kind: "change", on: [settings] },
      undo: { kind: "again" },
    },
    enableStep("systemd-timesyncd.service"),
  ];
}

const UPDATE_STEPS: readonly Step[] = ["apt-daily.timer", "apt-daily-upgrade.timer"].flatMap((timer) => serviceSteps(timer));

// Skipped by systemd itself in a container, so it is asked to start and not expected to run there.
const START_TIME: Step = {
  id: "start-systemd-timesyncd.service",
  argv: ["systemctl", "start", "systemd-timesyncd.service"],
  phase: "after",
  when: {
    kind: "state",
    unless: {
      argv: ["systemctl", "show", "-P", "ActiveState,ConditionResult", "systemd-timesyncd.service"],
      expect: { kind: "matches", pattern: "^(active|no)$" },
    },
  },
  undo: { kind: "none" },
};

// Without advertisements such a route ends when its time is up, long after the deploy: whoever comes in by it is told before.
function advertisedRoute({ network }: BaselineSettings): readonly Step[] {
  if (network.routerAdvertisements === "accepted") return [];
  return [
    {
      id: "no-advertised-route",
      argv: ["false"],
      phase: "before",
      when: {
        kind: "state",
        unless: { argv: ["ip", "-6", "route", "show", "default", "proto", "ra"], expect: { kind: "equals", text: "" } },
      },
      undo: { kind: "none" },
      advice:
        "the host has its IPv6 default route from a router's advertisement, which would be refused: set network.routerAdvertisements to accepted, or give the host a static route and remove this one (ip -6 route del default proto ra)",
    },
  ];
}

// Live values are compared too, so that a setting changed by hand comes back; what they were is kept for the way back. Those of the
// kernel itself belong, in a container, to its machine.
function sysctlSteps({ whole, interfaces }: KernelSettings): readonly Step[] {
  const network = networkKeys(whole);
  const step = (id: string, unless: Probe, keys: readonly string[]): Step => ({
    id,
    argv: ["systemctl", "restart", "systemd-sysctl.service"],
    phase: "after",
    when: { kind: "state", unless },
    undo: { kind: "snapshot", save: ["sysctl", ...keys], restore: ["sysctl", "--quiet", "-p", "-"] },
  });
  const values = (keys: readonly string[]): Probe => ({
    argv: ["sysctl", "-n", ...keys],
    expect: { kind: "equals", text: keys.map((key) => whole[key]?.value).join("\n") },
  });
  const kernel = Object.keys(whole).filter((key) => !network.includes(key));
  return [
    step("load-network-sysctls", values(network), network),
    ...Object.entries(interfaces).map(([key, sysctl]) => step(`load-${sysctlId(key)}`, interfaceProbe(key, sysctl), network)),
    { ...step("load-kernel-sysctls", values(kernel), kernel), notInContainer: true },
  ];
}

function lines(rows: readonly string[]): string {
  return `${rows.join("\n")}\n`;
}

// One file for all: where each person has one of their own, files are sealed with one key by turns, and none can be verified.
function journald({ systemMaxUse, systemKeepFree, retentionDays }: BaselineSettings["journal"]): string {
  return lines([
    "[Journal]",
    "Storage=persistent",
    "Compress=yes",
    "Seal=yes",
    "SplitMode=none",
    `SystemMaxUse=${systemMaxUse}M`,
    `SystemKeepFree=${systemKeepFree}M`,
    // Each look at the seals begins a file, and so does each restart: of its own hundred, the record would go before its time.
    "SystemMaxFiles=2000",
    `MaxRetentionSec=${retentionDays}day`,
    "ForwardToSyslog=no",
  ]);
}

// The list is cleared first: apt appends to lists. Docker is left out: its upgrade restarts containers, so a deploy does it.
function unattendedUpgrades(updates: BaselineSettings["updates"]): string {
  return lines([
    'APT::Periodic::Update-Package-Lists "1";',
    'APT::Periodic::Unattended-Upgrade "1";',
    'APT::Periodic::AutocleanInterval "7";',
    "#clear Unattended-Upgrade::Origins-Pattern;",
    "#clear Unattended-Upgrade::Package-Blacklist;",
    'Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";',
    ...["docker\\.io$", "docker-ce$", "docker-cli$", "containerd$", "containerd\\.io$", "runc$"].map(
      (name) => `Unattended-Upgrade::Package-Blacklist:: "${name}";`,
    ),
    'Unattended-Upgrade::SyslogEnable "true";',
    `Unattended-Upgrade::Automatic-Reboot "${updates.reboot === "automatic" ? "true" : "false"}";`,
    'Unattended-Upgrade::Automatic-Reboot-WithUsers "true";',
    `Unattended-Upgrade::Automatic-Reboot-Time "${updates.rebootTime}";`,
    'Acquire::AllowInsecureRepositories "false";',
  ]);
}
