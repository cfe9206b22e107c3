import type { Check } from "../../plan/types";
import { BLOCKED_MODULES, INTERFACE_SYSCTLS, interfaceProbe, SYSCTLS } from "./kernel";
import type { BaselineState } from "./settings";

const SHARED_KERNEL = "container kernel: the value is the machine's, and read-only here";
const CONTROL_OF: Readonly<Record<string, string>> = {
  "kernel.randomize_va_space": "KRN-01",
  "kernel.yama.ptrace_scope": "KRN-02",
  "kernel.kptr_restrict": "KRN-03",
  "kernel.dmesg_restrict": "KRN-03",
  "kernel.perf_event_paranoid": "KRN-03",
  "kernel.sysrq": "KRN-06",
  "fs.suid_dumpable": "KRN-04",
};

/** What a running host must answer for the baseline. */
export function baselineChecks(state: BaselineState): readonly Check[] {
  return [
    ...Object.entries(SYSCTLS).map(([key, value]) => sysctlCheck(key, value)),
    ...Object.entries(INTERFACE_SYSCTLS).map(
      ([key, value]): Check => ({
        ...interfaceProbe(key, value),
        id: `sysctl-${key.replaceAll(/[._]/g, "-").replace("*", "each")}`,
        control: key.includes("rp_filter") ? "KRN-10" : key.includes("source_route") ? "KRN-12" : "KRN-11",
        cites: ["GDPR 32(1)(b)"],
      }),
    ),
    ...BLOCKED_MODULES.map(
      (name): Check => ({
        id: `module-${name.replaceAll("_", "-")}-blocked`,
        control: "KRN-16",
        cites: ["GDPR 32(1)(b)"],
        argv: ["modprobe", "--show-depends", name],
        expect: { kind: "lacks", pattern: "^insmod " },
        skipInContainer: "container kernel: modules are the machine's",
      }),
    ),
    {
      id: "core-dumps-off",
      control: "KRN-04",
      cites: ["164.312(a)(2)(iv)"],
      argv: ["systemd-analyze", "cat-config", "systemd/coredump.conf"],
      expect: { kind: "lines", lines: ["Storage=none", "ProcessSizeMax=0"] },
    },
    {
      id: "core-limit-zero",
      control: "KRN-04",
      cites: ["164.312(a)(2)(iv)"],
      argv: ["runuser", "--login", "deploy", "--command", "ulimit -Hc"],
      expect: { kind: "equals", text: "0" },
    },
    {
      id: "shell-idle-timeout",
      control: "SSH-34",
      cites: ["164.312(a)(2)(iii)"],
      argv: ["runuser", "--login", "deploy", "--command", "echo $TMOUT"],
      expect: { kind: "equals", text: String(state.shellIdleSeconds) },
    },
    {
      id: "security-updates-on",
      control: "PKG-01",
      cites: ["164.308(a)(5)(ii)(B)", "164.308(a)(1)(ii)(B)"],
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
      cites: ["164.308(a)(5)(ii)(B)"],
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
      id: "security-updates-scheduled",
      control: "PKG-01",
      cites: ["164.308(a)(5)(ii)(B)"],
      argv: ["systemctl", "is-active", "apt-daily.timer", "apt-daily-upgrade.timer"],
      expect: { kind: "equals", text: "active\nactive" },
    },
    {
      id: "packages-signed",
      control: "PKG-03",
      cites: ["164.312(c)(1)"],
      argv: [
        "grep",
        "--recursive",
        "--extended-regexp",
        "--ignore-case",
        "--include=*.list",
        "--include=*.sources",
        "(trusted|allow-insecure) *[=:] *yes",
        "/etc/apt",
      ],
      expect: { kind: "lacks", pattern: "." },
    },
    {
      id: "journal-persistent",
      control: "LOG-01",
      cites: ["164.312(b)"],
      argv: ["journalctl", "--directory=/var/log/journal", "--lines=1", "--quiet", "--output=cat"],
      expect: { kind: "matches", pattern: "." },
    },
    {
      id: "journal-limited",
      control: "LOG-01",
      cites: ["164.312(b)"],
      argv: ["systemd-analyze", "cat-config", "systemd/journald.conf"],
      expect: {
        kind: "lines",
        lines: [
          "Storage=persistent",
          `SystemMaxUse=${String(state.journal.maxMegabytes)}M`,
          `MaxRetentionSec=${String(state.journal.retentionDays)}day`,
        ],
      },
    },
    {
      id: "logs-not-world-readable",
      control: "LOG-06",
      cites: ["164.312(a)(1)"],
      argv: ["find", "/var/log/journal", "-type", "f", "-perm", "/o+rwx"],
      expect: { kind: "lacks", pattern: "." },
    },
    {
      id: "time-synchronised",
      control: "TIM-02",
      cites: ["164.312(b)"],
      argv: ["timedatectl", "show", "--property=NTP", "--property=NTPSynchronized"],
      expect: { kind: "set", lines: ["NTP=yes", "NTPSynchronized=yes"] },
      skipInContainer: "container kernel: the clock is the machine's",
    },
    {
      id: "time-one-daemon",
      control: "TIM-01",
      cites: ["164.312(b)"],
      argv: [
        "systemctl",
        "list-unit-files",
        "--state=enabled",
        "--no-legend",
        "--plain",
        "chrony.service",
        "ntpsec.service",
        "ntp.service",
        "systemd-timesyncd.service",
      ],
      expect: { kind: "matches", pattern: "^systemd-timesyncd" },
    },
    {
      id: "time-servers-declared",
      control: "TIM-01",
      cites: ["164.312(b)"],
      argv: ["systemd-analyze", "cat-config", "systemd/timesyncd.conf"],
      expect: { kind: "lines", lines: [`NTP=${state.time.servers.join(" ")}`] },
    },
    { id: "time-zone-utc", control: "TIM-03", cites: ["164.312(b)"], argv: ["date", "+%Z"], expect: { kind: "equals", text: "UTC" } },
    {
      id: "password-files-closed",
      control: "FS-07",
      cites: ["164.312(a)(1)"],
      argv: ["stat", "--format=%a %U:%G %n", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"],
      expect: {
        kind: "lines",
        lines: ["644 root:root /etc/passwd", "644 root:root /etc/group", "640 root:shadow /etc/shadow", "640 root:shadow /etc/gshadow"],
      },
    },
    {
      id: "apparmor-on",
      control: "KRN-19",
      cites: ["164.312(a)(1)"],
      argv: ["cat", "/sys/module/apparmor/parameters/enabled"],
      expect: { kind: "equals", text: "Y" },
      skipInContainer: "container kernel: AppArmor is the machine's",
    },
  ];
}

function sysctlCheck(key: string, value: string): Check {
  const control = CONTROL_OF[key] ?? (key.startsWith("fs.") ? "KRN-05" : "KRN-11");
  const check: Check = {
    id: `sysctl-${key.replaceAll(/[._]/g, "-")}`,
    control: key.includes("rp_filter")
      ? "KRN-10"
      : key.includes("source_route")
        ? "KRN-12"
        : /tcp_/.test(key)
          ? "KRN-14"
          : /martians|icmp/.test(key)
            ? "KRN-13"
            : control,
    cites: ["GDPR 32(1)(b)"],
    argv: ["sysctl", "-n", key],
    expect: { kind: "equals", text: value },
  };
  return key.startsWith("net.") ? check : { ...check, skipInContainer: SHARED_KERNEL };
}
