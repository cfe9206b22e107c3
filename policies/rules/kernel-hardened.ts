import type { Rule } from "../engine/rule";
import { demandAssignments, filesWhere } from "../readers/files";

const FILE = "/etc/sysctl.d/zz-phiward.conf";

// Listed here again, and not read from the baseline: a value that is weakened there is refused here.
const KERNEL: Readonly<Record<string, readonly string[]>> = {
  "kernel.randomize_va_space": ["2"],
  "kernel.yama.ptrace_scope": ["2", "3"],
  "kernel.kptr_restrict": ["2"],
  "kernel.dmesg_restrict": ["1"],
  "kernel.perf_event_paranoid": ["3", "4"],
  "kernel.sysrq": ["0"],
  "fs.suid_dumpable": ["0"],
  "kernel.core_pattern": ["|/bin/false"],
  "vm.oom_dump_tasks": ["0"],
  "fs.protected_hardlinks": ["1"],
  "fs.protected_symlinks": ["1"],
  "fs.protected_fifos": ["2"],
  "fs.protected_regular": ["2"],
  "net.ipv4.icmp_echo_ignore_broadcasts": ["1"],
  "net.ipv4.tcp_syncookies": ["1"],
  "net.ipv4.tcp_rfc1337": ["1"],
  "net.ipv4.conf.all.log_martians": ["1"],
  "net.ipv4.ip_unprivileged_port_start": ["30000"],
};

// Of every interface, of those to come, and of those that are there.
const INTERFACES: Readonly<Record<string, readonly string[]>> = {
  "net.ipv4.conf.?.rp_filter": ["1"],
  "net.ipv4.conf.?.accept_redirects": ["0"],
  "net.ipv4.conf.?.secure_redirects": ["0"],
  "net.ipv4.conf.?.send_redirects": ["0"],
  "net.ipv4.conf.?.accept_source_route": ["0"],
  "net.ipv6.conf.?.accept_redirects": ["0"],
  "net.ipv6.conf.?.accept_source_route": ["0"],
};

const ROUTER_ADVERTISEMENTS = "net.ipv6.conf.?.accept_ra";

function ofEvery(interfaces: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(interfaces).flatMap(([key, values]) => ["all", "default", "*"].map((which) => [key.replace("?", which), values])),
  );
}

const DEMANDED: Readonly<Record<string, readonly string[]>> = { ...KERNEL, ...ofEvery(INTERFACES) };

/** The kernel gives no memory or addresses away, follows no links of others, and takes no route from the network. */
export const kernelHardened: Rule = {
  id: "kernel-hardened",
  description: "The kernel's settings protect memory, addresses, links and logs, and let nobody on the network choose where packets go.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: [
    "KRN-01",
    "KRN-02",
    "KRN-03",
    "KRN-04",
    "KRN-05",
    "KRN-06",
    "KRN-10",
    "KRN-11",
    "KRN-12",
    "KRN-13",
    "KRN-14",
    "KRN-15",
    "LOG-11",
    "NET-20",
  ],
  remedy: "let the baseline's plan set each of them, in one file",
  appliesTo: ["phiward:host:Baseline"],
  judge(unit, report) {
    demandAssignments(unit, FILE, DEMANDED, report, "sysctl");
    // A network in which routers give the hosts their addresses is declared; what the kernel then does is its own default.
    if (unit.at("settings").at("network").at("routerAdvertisements").text() !== "accepted")
      demandAssignments(unit, FILE, ofEvery({ [ROUTER_ADVERTISEMENTS]: ["0"] }), report, "sysctl");
    // Files are read in the order of their names, and the last value counts.
    for (const { path, at } of filesWhere(unit, (file) => /^\/etc\/sysctl\.(d\/|conf$)/.test(file)).files)
      if (path !== FILE) report({ at, found: "another file of kernel settings", allowed: `${FILE} alone` });
  },
};
