/** Kernel settings and modules, each with the control that it belongs to. Source: the kernel's Documentation/admin-guide/sysctl. */
import type { ControlId } from "../../compliance/controls";
import { SERVICE_PORTS } from "../../config/names";
import type { StackConfig } from "../../config/schema";
import { literal } from "../../plan/patterns";
import type { Probe } from "../../plan/types";

interface Sysctl {
  readonly value: string;
  readonly control: ControlId;
  /** What the value does, as a phrase. */
  readonly reason: string;
}

const STRICT_SOURCE = "drops packets whose sender is not reached by the interface they came in by";
const NO_REDIRECTS = "nobody on the network changes where packets go";
const NO_ROUTER = "the host is not a router and sends no redirects";
const NO_ROUTER_ADVERTISEMENTS = "no neighbour gives the host addresses or routes (RFC 4861)";
const NO_SOURCE_ROUTE = "the sender does not choose the way past the firewall";

/** Kernel settings by key. */
export const SYSCTLS: Readonly<Record<string, Sysctl>> = {
  "kernel.randomize_va_space": { value: "2", control: "KRN-01", reason: "stack, libraries and heap are at random addresses" },
  "kernel.yama.ptrace_scope": { value: "2", control: "KRN-02", reason: "reading another process's memory takes CAP_SYS_PTRACE" },
  "kernel.kptr_restrict": { value: "2", control: "KRN-03", reason: "kernel addresses read as zero, for root as well" },
  "kernel.dmesg_restrict": { value: "1", control: "KRN-03", reason: "the kernel's log is for root" },
  "kernel.perf_event_paranoid": { value: "3", control: "KRN-03", reason: "performance events are for root (Debian's own level)" },
  "kernel.sysrq": { value: "0", control: "KRN-06", reason: "no key combination at the console acts on the kernel" },
  "fs.suid_dumpable": { value: "0", control: "KRN-04", reason: "programs with raised rights leave no memory behind" },
  // systemd-coredump(8) would write command line and environment of each into the journal, also where it keeps no dump.
  "kernel.core_pattern": { value: "|/bin/false", control: "KRN-04", reason: "what a program had in memory goes nowhere, nor into a log" },
  "vm.oom_dump_tasks": {
    value: "0",
    control: "LOG-11",
    reason: "who uses up their memory fills no log with the names of their processes",
  },
  "fs.protected_hardlinks": { value: "1", control: "KRN-05", reason: "users link only to files that they may write" },
  "fs.protected_symlinks": { value: "1", control: "KRN-05", reason: "links of others in sticky directories are not followed" },
  "fs.protected_fifos": { value: "2", control: "KRN-05", reason: "FIFOs of others in sticky directories are not opened by mistake" },
  "fs.protected_regular": { value: "2", control: "KRN-05", reason: "files of others in sticky directories are not opened by mistake" },
  "net.ipv4.conf.all.rp_filter": { value: "1", control: "KRN-10", reason: STRICT_SOURCE },
  "net.ipv4.conf.default.rp_filter": { value: "1", control: "KRN-10", reason: STRICT_SOURCE },
  "net.ipv4.conf.all.accept_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv4.conf.default.accept_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv4.conf.all.secure_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv4.conf.default.secure_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv4.conf.all.send_redirects": { value: "0", control: "KRN-11", reason: NO_ROUTER },
  "net.ipv4.conf.default.send_redirects": { value: "0", control: "KRN-11", reason: NO_ROUTER },
  "net.ipv4.conf.all.accept_source_route": { value: "0", control: "KRN-12", reason: NO_SOURCE_ROUTE },
  "net.ipv4.conf.default.accept_source_route": { value: "0", control: "KRN-12", reason: NO_SOURCE_ROUTE },
  "net.ipv4.conf.all.log_martians": { value: "1", control: "KRN-13", reason: "packets with impossible addresses are seen" },
  "net.ipv4.icmp_echo_ignore_broadcasts": { value: "1", control: "KRN-13", reason: "one ping is not answered by a whole network" },
  "net.ipv4.tcp_syncookies": { value: "1", control: "KRN-14", reason: "a flood of half-open connections leaves room for whole ones" },
  "net.ipv4.tcp_rfc1337": { value: "1", control: "KRN-14", reason: "a late reset does not end a connection's waiting time (RFC 1337)" },
  "net.ipv6.conf.all.accept_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv6.conf.default.accept_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv6.conf.all.accept_source_route": { value: "0", control: "KRN-12", reason: NO_SOURCE_ROUTE },
  "net.ipv6.conf.default.accept_source_route": { value: "0", control: "KRN-12", reason: NO_SOURCE_ROUTE },
  "net.ipv6.conf.all.accept_ra": { value: "0", control: "KRN-15", reason: NO_ROUTER_ADVERTISEMENTS },
  "net.ipv6.conf.default.accept_ra": { value: "0", control: "KRN-15", reason: NO_ROUTER_ADVERTISEMENTS },
  "net.ipv4.ip_unprivileged_port_start": {
    value: String(SERVICE_PORTS.last + 1),
    control: "NET-20",
    reason: "nobody but root listens where the web server looks for a service, also while its container is down (both families)",
  },
};

/**
 * Settings of every network interface, present and to come: `all` alone does not reach an interface's own value (IPv6), or is joined
 * with it (the kernel takes either for redirects, and the larger for rp_filter, which systemd sets to 2).
 */
export const INTERFACE_SYSCTLS: Readonly<Record<string, Sysctl>> = {
  "net.ipv4.conf.*.rp_filter": { value: "1", control: "KRN-10", reason: STRICT_SOURCE },
  "net.ipv4.conf.*.accept_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv4.conf.*.secure_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv4.conf.*.send_redirects": { value: "0", control: "KRN-11", reason: NO_ROUTER },
  "net.ipv4.conf.*.accept_source_route": { value: "0", control: "KRN-12", reason: NO_SOURCE_ROUTE },
  "net.ipv6.conf.*.accept_redirects": { value: "0", control: "KRN-11", reason: NO_REDIRECTS },
  "net.ipv6.conf.*.accept_source_route": { value: "0", control: "KRN-12", reason: NO_SOURCE_ROUTE },
  "net.ipv6.conf.*.accept_ra": { value: "0", control: "KRN-15", reason: NO_ROUTER_ADVERTISEMENTS },
};

/** The settings of a host, by key: of the kernel as a whole, and of every interface. */
export interface KernelSettings {
  readonly whole: Readonly<Record<string, Sysctl>>;
  readonly interfaces: Readonly<Record<string, Sysctl>>;
}

/** What a host is to have of SYSCTLS and INTERFACE_SYSCTLS: where router advertisements are accepted, the kernel decides on them. */
export function kernelSettings({ routerAdvertisements }: StackConfig["network"]): KernelSettings {
  const declared = (all: Readonly<Record<string, Sysctl>>): Readonly<Record<string, Sysctl>> =>
    Object.fromEntries(Object.entries(all).filter(([key]) => routerAdvertisements === "refused" || !key.endsWith(".accept_ra")));
  return { whole: declared(SYSCTLS), interfaces: declared(INTERFACE_SYSCTLS) };
}

/** Asks for one of them on every interface; a line that does not end in the value is a fault. The question is one for all. */
export function interfaceProbe(key: string, { value }: Pick<Sysctl, "value">): Probe {
  return {
    argv: ["sysctl", "-a", "--pattern", "^net\\.ipv[46]\\.conf\\."],
    expect: { kind: "lacks", pattern: `^${key.split("*").map(literal).join(".*")} = (?!${literal(value)}$)` },
  };
}

/** A key as a part of an id: `net.ipv4.conf.*.rp_filter` is `net-ipv4-conf-each-rp-filter`. */
export function sysctlId(key: string): string {
  return key.replaceAll(/[._]/g, "-").replace("*", "each");
}

/** Kernel modules nobody needs on such a host. Docker needs overlay and EFI vfat: they stay. */
export const BLOCKED_MODULES: Readonly<Record<string, ControlId>> = {
  dccp: "KRN-16",
  sctp: "KRN-16",
  rds: "KRN-16",
  tipc: "KRN-16",
  atm: "KRN-16",
  can: "KRN-16",
  cramfs: "KRN-17",
  freevxfs: "KRN-17",
  hfs: "KRN-17",
  hfsplus: "KRN-17",
  jffs2: "KRN-17",
  udf: "KRN-17",
  usb_storage: "KRN-18",
  firewire_core: "KRN-18",
};

/** Of some keys those that belong to the network namespace: those a container can set, and those that can cut us off. */
export function networkKeys(settings: Readonly<Record<string, Sysctl>>): readonly string[] {
  return Object.keys(settings).filter((key) => key.startsWith("net."));
}
