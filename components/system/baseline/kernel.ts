import type { Probe } from "../../plan/types";

/** Kernel settings: key to value. Sources: controls KRN-01 to KRN-15; kernel Documentation/admin-guide/sysctl. */
export const SYSCTLS: Readonly<Record<string, string>> = {
  "kernel.randomize_va_space": "2",
  "kernel.yama.ptrace_scope": "2",
  "kernel.kptr_restrict": "2",
  "kernel.dmesg_restrict": "1",
  "kernel.perf_event_paranoid": "3",
  "kernel.sysrq": "0",
  "fs.suid_dumpable": "0",
  "fs.protected_hardlinks": "1",
  "fs.protected_symlinks": "1",
  "fs.protected_fifos": "2",
  "fs.protected_regular": "2",
  "net.ipv4.conf.all.rp_filter": "1",
  "net.ipv4.conf.default.rp_filter": "1",
  "net.ipv4.conf.all.accept_redirects": "0",
  "net.ipv4.conf.default.accept_redirects": "0",
  "net.ipv4.conf.all.secure_redirects": "0",
  "net.ipv4.conf.default.secure_redirects": "0",
  "net.ipv4.conf.all.send_redirects": "0",
  "net.ipv4.conf.default.send_redirects": "0",
  "net.ipv4.conf.all.accept_source_route": "0",
  "net.ipv4.conf.default.accept_source_route": "0",
  "net.ipv4.conf.all.log_martians": "1",
  "net.ipv4.icmp_echo_ignore_broadcasts": "1",
  "net.ipv4.tcp_syncookies": "1",
  "net.ipv4.tcp_rfc1337": "1",
  "net.ipv6.conf.all.accept_redirects": "0",
  "net.ipv6.conf.default.accept_redirects": "0",
  "net.ipv6.conf.all.accept_source_route": "0",
  "net.ipv6.conf.default.accept_source_route": "0",
};

/**
 * Settings of every network interface, present and to come: `all` alone does not reach an interface's own value (IPv6), or is joined
 * with it (the kernel takes either for redirects, and the larger for rp_filter, which systemd sets to 2).
 */
export const INTERFACE_SYSCTLS: Readonly<Record<string, string>> = {
  "net.ipv4.conf.*.rp_filter": "1",
  "net.ipv4.conf.*.accept_redirects": "0",
  "net.ipv4.conf.*.secure_redirects": "0",
  "net.ipv4.conf.*.send_redirects": "0",
  "net.ipv4.conf.*.accept_source_route": "0",
  "net.ipv6.conf.*.accept_redirects": "0",
  "net.ipv6.conf.*.accept_source_route": "0",
};

/** Asks for one of them on every interface; a line that does not end in the value is a fault. */
export function interfaceProbe(key: string, value: string): Probe {
  return {
    argv: ["sysctl", "-a", "--pattern", `^${key.replaceAll(".", "\\.").replace("*", ".*")}$`],
    expect: { kind: "lacks", pattern: ` = (?!${value}$)` },
  };
}

/** Kernel modules nobody needs on such a host (controls KRN-16 to KRN-18). Docker needs overlay and EFI vfat: they stay. */
export const BLOCKED_MODULES = [
  "dccp",
  "sctp",
  "rds",
  "tipc",
  "atm",
  "can",
  "cramfs",
  "freevxfs",
  "hfs",
  "hfsplus",
  "jffs2",
  "udf",
  "usb_storage",
  "firewire_core",
];

/** Keys that belong to the network namespace: those a container can set, and those that can cut us off. */
export const NETWORK_SYSCTLS = Object.keys(SYSCTLS).filter((key) => key.startsWith("net."));
