/** The kernel, filesystems, packages and the clock. */
import type { Control } from "../control";

/** Controls KRN-01, FS-01, PKG-01, TIM-01 and on. */
export const SYSTEM = {
  "KRN-01": {
    title: "Address space layout is randomised",
    gdpr: ["32(1)(b)"],
    cis: ["1.5.9"],
  },
  "KRN-02": {
    title: "Only root may trace processes",
    gdpr: ["32(1)(b)"],
    cis: ["1.5.3", "1.5.10"],
  },
  "KRN-03": {
    title: "Kernel addresses, logs and performance events are hidden from users",
    gdpr: ["32(1)(b)"],
    cis: ["1.5.8", "1.5.5"],
  },
  "KRN-04": {
    title: "No core dumps are written, since memory may hold patients' data",
    hipaa: ["164.312(a)(2)(iv)"],
    gdpr: ["32(1)(a)", "32(1)(b)"],
    cis: ["1.5.4", "1.5.11", "1.5.12", "1.5.13"],
  },
  "KRN-05": {
    title: "Links, FIFOs and files in sticky directories are protected",
    gdpr: ["32(1)(b)"],
    cis: ["1.5.1", "1.5.2"],
  },
  "KRN-06": {
    title: "The magic SysRq key, line-discipline loading and kexec are off",
    gdpr: ["32(1)(b)"],
  },
  "KRN-07": {
    title: "Unprivileged users cannot load BPF, and its compiler is hardened",
    gdpr: ["32(1)(b)"],
  },
  "KRN-08": {
    title: "No kernel modules can be loaded once the host has started",
    gdpr: ["32(1)(b)"],
  },
  "KRN-09": {
    title: "IP forwarding is off",
    hipaa: ["164.312(e)(1)"],
    cis: ["3.3.1.1", "3.3.1.2"],
    cisDocker: ["2.4"],
  },
  "KRN-10": {
    title: "Packets with a source that is not routed back are dropped",
    gdpr: ["32(1)(b)"],
    cis: ["3.3.1.12", "3.3.1.13"],
  },
  "KRN-11": {
    title: "ICMP redirects are neither accepted nor sent",
    gdpr: ["32(1)(b)"],
    cis: ["3.3.1.8", "3.3.1.9", "3.3.1.10", "3.3.1.11", "3.3.1.4", "3.3.1.5", "3.3.2.3", "3.3.2.4"],
  },
  "KRN-12": {
    title: "Source-routed packets are refused",
    gdpr: ["32(1)(b)"],
    cis: ["3.3.1.14", "3.3.1.15", "3.3.2.5", "3.3.2.6"],
  },
  "KRN-13": {
    title: "Impossible source addresses are logged, and broadcast pings ignored",
    gdpr: ["32(1)(b)"],
    cis: ["3.3.1.16", "3.3.1.17", "3.3.1.7", "3.3.1.6"],
    source: ["runbook:scan"],
  },
  "KRN-14": {
    title: "SYN cookies and TIME-WAIT protection are on",
    gdpr: ["32(1)(b)"],
    cis: ["3.3.1.18"],
    source: ["runbook:scan"],
  },
  "KRN-15": {
    title: "IPv6 router advertisements are refused where addresses are static",
    gdpr: ["32(1)(b)"],
    cis: ["3.3.2.7", "3.3.2.8", "3.1.1"],
  },
  "KRN-16": {
    title: "Unused network protocols cannot be loaded",
    gdpr: ["32(1)(b)"],
    cis: ["3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6"],
  },
  "KRN-17": {
    title: "Unused filesystems cannot be loaded; overlay (Docker) and vfat (EFI) stay",
    gdpr: ["32(1)(b)"],
    cis: ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "1.1.1.6", "1.1.1.8"],
  },
  "KRN-18": {
    title: "USB storage and FireWire cannot be loaded",
    hipaa: ["164.312(a)(1)", "164.310(d)(1)"],
    gdpr: ["32(1)(b)"],
    cis: ["1.1.1.10", "1.1.1.9"],
  },
  "KRN-19": {
    title: "AppArmor is on",
    hipaa: ["164.312(a)(1)"],
    gdpr: ["32(1)(b)"],
    cis: ["1.3.1.1", "1.3.1.2", "1.3.1.3"],
    cisDocker: ["5.2"],
  },
  "KRN-20": {
    title: "Auditing starts with the kernel",
    hipaa: ["164.312(b)"],
    cis: ["6.2.1.3", "6.2.1.4"],
  },
  "KRN-21": {
    title: "The boot loader asks for a password",
    gdpr: ["32(1)(b)"],
    cis: ["1.4.1"],
  },
  "KRN-22": {
    title: "The CPU's known vulnerabilities are mitigated, and the newest installed kernel runs",
    hipaa: ["164.308(a)(1)(ii)(B)"],
    source: ["runbook:updates"],
  },
  "KRN-23": {
    title: "Services that are reachable from outside, and our own, run confined by systemd",
    hipaa: ["164.308(a)(1)(ii)(B)"],
    gdpr: ["32(1)(b)"],
  },
  "FS-01": {
    title: "/tmp is a separate filesystem without devices, set-user-id files and programs",
    gdpr: ["32(1)(b)"],
    cis: ["1.1.2.1.1", "1.1.2.1.2", "1.1.2.1.3", "1.1.2.1.4"],
  },
  "FS-02": {
    title: "/dev/shm and /var/tmp allow no devices, set-user-id files and programs",
    gdpr: ["32(1)(b)"],
    cis: ["1.1.2.2.2", "1.1.2.2.3", "1.1.2.2.4", "1.1.2.5.4"],
  },
  "FS-03": {
    title: "Logs have a separate volume, so that full logs do not stop the database",
    hipaa: ["164.312(b)"],
    cis: ["1.1.2.6.1", "1.1.2.7.1"],
    source: ["ops-guide:auditfail"],
  },
  "FS-04": {
    title: "Docker's data has a separate volume",
    hipaa: ["164.312(a)(2)(iv)"],
    gdpr: ["32(1)(a)"],
    cisDocker: ["1.1.1"],
  },
  "FS-05": {
    title: "Volumes with patients' data are encrypted at rest; none of it is on the root disk",
    hipaa: ["164.312(a)(2)(iv)"],
    gdpr: ["32(1)(a)"],
    source: ["runbook:atrest", "runbook:hipaa"],
  },
  "FS-06": {
    title: "Users see their own processes only",
    hipaa: ["164.312(a)(1)"],
  },
  "FS-07": {
    title: "Password files have the modes and owners that Debian gives them",
    hipaa: ["164.312(a)(1)"],
    cis: ["7.1.1", "7.1.3", "7.1.5", "7.1.7"],
  },
  "FS-08": {
    title: "No file is world-writable or without an owner; set-user-id files are the declared ones",
    gdpr: ["32(1)(b)"],
    cis: ["7.1.11", "7.1.12", "7.1.13"],
    source: ["runbook:daily"],
  },
  "FS-09": {
    title: "Only root schedules jobs",
    gdpr: ["32(1)(b)"],
    cis: ["2.4.1.2", "2.4.1.3", "2.4.1.8", "2.4.1.9", "2.4.2.1"],
    source: ["runbook:investigate"],
  },
  "FS-10": {
    title: "Home directories are closed to others",
    hipaa: ["164.312(a)(1)"],
    cis: ["7.2.9", "7.2.10"],
  },
  "FS-11": {
    title: "Login banners do not disclose the system",
    gdpr: ["32(1)(b)"],
    cis: ["1.6.1", "1.6.2", "1.6.4"],
  },
  "FS-12": {
    title: "Compilers are absent or for root only",
    gdpr: ["32(1)(b)"],
  },
  "FS-13": {
    title: "What people without sudo can write has limits, so that nobody of them fills the disk of the data or of the records",
    hipaa: ["164.308(a)(7)(i)", "164.312(b)"],
    gdpr: ["32(1)(b)"],
    cis: ["1.1.2.3.1", "1.1.2.3.2", "1.1.2.3.3"],
  },
  "PKG-01": {
    title: "Security updates are installed every day by themselves; Docker's wait for a deploy",
    hipaa: ["164.308(a)(5)(ii)(B)", "164.308(a)(1)(ii)(B)"],
    gdpr: ["32(1)(b)"],
    cis: ["1.2.2.1"],
    source: ["runbook:updates", "runbook:metrics"],
  },
  "PKG-02": {
    title: "Reboots that updates need happen in a declared window",
    hipaa: ["164.308(a)(1)(ii)(B)"],
    source: ["runbook:updates"],
  },
  "PKG-03": {
    title: "Packages come from signed repositories only",
    hipaa: ["164.312(c)(1)"],
    cis: ["1.2.1.1", "1.2.1.3", "1.2.1.7", "1.2.1.9"],
  },
  "PKG-04": {
    title: "Docker's version is held, and changes with a deploy only",
    hipaa: ["164.308(a)(1)(ii)(B)"],
    gdpr: ["32(1)(b)"],
    cisDocker: ["1.2.2"],
    source: ["runbook:updates"],
  },
  "PKG-05": {
    title: "Clients of insecure protocols are absent",
    hipaa: ["164.312(e)(1)"],
    cis: ["2.2.1", "2.2.2", "2.2.3", "2.2.4", "2.2.5", "2.2.6"],
  },
  "PKG-06": {
    title: "Servers that are not needed are absent",
    hipaa: ["164.312(e)(1)"],
    cis: ["2.1.2", "2.1.11", "2.1.12", "2.1.9", "2.1.14", "2.1.15", "2.1.17", "2.1.20", "2.1.18", "2.1.4"],
  },
  "PKG-07": {
    title: "No mail server listens to the network",
    gdpr: ["32(1)(b)"],
    cis: ["2.1.22"],
  },
  "PKG-08": {
    title: "Crash and popularity reporters are absent, and package files are verified",
    hipaa: ["164.312(c)(1)"],
    gdpr: ["5(1)(c)"],
    cis: ["1.5.6", "1.5.7"],
  },
  "PKG-09": {
    title: "Images are scanned for known vulnerabilities before they are deployed",
    hipaa: ["164.308(a)(5)(ii)(B)", "164.308(a)(8)"],
    gdpr: ["32(1)(d)"],
    cisDocker: ["4.4"],
    source: ["runbook:vuln"],
  },
  "TIM-01": {
    title: "One time daemon runs, with declared servers",
    hipaa: ["164.312(b)"],
    cis: ["2.3.1.1", "2.3.2.1", "2.3.3.1"],
  },
  "TIM-02": {
    title: "The clock is synchronised",
    hipaa: ["164.312(b)"],
    cis: ["2.3.2.2", "2.3.3.3"],
  },
  "TIM-03": {
    title: "Hosts and containers use UTC",
    hipaa: ["164.312(b)"],
    source: ["ops-guide:auditreview"],
  },
} as const satisfies Readonly<Record<`KRN-${string}` | `FS-${string}` | `PKG-${string}` | `TIM-${string}`, Control>>;
