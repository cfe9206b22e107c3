import { textOf } from "../fixtures";
import { type Allowed, added, allowed, listed, type Refused, refused, replaced, withoutFile } from "./spoil";

const FILE = "/etc/sysctl.d/zz-phiward.conf";
const SYSCTLS = textOf("baseline", FILE);

/** What the rule about the kernel's settings must refuse. */
export const KERNEL_REFUSED: readonly Refused[] = refused("kernel-hardened", "baseline", [
  ["a setting is weakened", SYSCTLS, replaced("kernel.kptr_restrict = 2", "kernel.kptr_restrict = 1"), "found kernel.kptr_restrict=1"],
  ["a setting is missing", SYSCTLS, replaced("kernel.sysrq = 0\n", ""), "found no kernel.sysrq, allowed: kernel.sysrq=0"],
  ["a setting is a comment", SYSCTLS, replaced("kernel.sysrq = 0", "# kernel.sysrq = 0"), "found no kernel.sysrq"],
  ["a later line weakens it", SYSCTLS, added("kernel.dmesg_restrict=0"), "found kernel.dmesg_restrict=0"],
  ["a later line weakens it by slashes", SYSCTLS, added("-kernel/dmesg_restrict = 0"), "found kernel.dmesg_restrict=0"],
  ["one interface takes redirects", SYSCTLS, added("net.ipv4.conf.eth0.accept_redirects = 1"), "net.ipv4.conf.eth0.accept_redirects=1"],
  ["one interface is taken out", SYSCTLS, added("-net/ipv4/conf/eth0.5/rp_filter"), "rp_filter=an empty text"],
  ["the file is missing", "files", withoutFile(FILE), `found no ${FILE}`],
  [
    "a later file may weaken it",
    "files",
    listed((files) => [...files, { path: "/etc/sysctl.d/99-more.conf", text: "kernel.sysrq = 1\n" }]),
    "found another file of kernel settings",
  ],
]);

/** What it must let pass. */
export const KERNEL_ALLOWED: readonly Allowed[] = allowed("kernel-hardened", "baseline", [
  ["a setting is stricter", SYSCTLS, replaced("kernel.yama.ptrace_scope = 2", "kernel.yama.ptrace_scope = 3")],
  ["there are no spaces", SYSCTLS, replaced(" = ", "=")],
  ["a setting is written with slashes", SYSCTLS, replaced("kernel.sysrq", "kernel/sysrq")],
  ["a setting is added that no rule demands", SYSCTLS, added("vm.swappiness = 10")],
]);
