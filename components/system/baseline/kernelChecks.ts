/** Checks of the running kernel. */
import { DEPLOY_USER } from "../../plan/places";
import type { Check } from "../../plan/types";
import { BLOCKED_MODULES, interfaceProbe, type KernelSettings, sysctlId } from "./kernel";

const SHARED_KERNEL = "container kernel: the value is the machine's, and read-only here";

const CORE_DUMPS: readonly Check[] = [
  {
    id: "core-dumps-off",
    control: "KRN-04",
    argv: ["systemd-analyze", "cat-config", "systemd/coredump.conf"],
    expect: { kind: "lines", lines: ["Storage=none", "ProcessSizeMax=0"] },
  },
  {
    id: "core-limit-zero",
    control: "KRN-04",
    argv: ["runuser", "--login", DEPLOY_USER, "--command", "ulimit -Hc"],
    expect: { kind: "equals", text: "0" },
  },
];

const APPARMOR: Check = {
  id: "apparmor-on",
  control: "KRN-19",
  argv: ["cat", "/sys/module/apparmor/parameters/enabled"],
  expect: { kind: "equals", text: "Y" },
  skipInContainer: "container kernel: AppArmor is the machine's",
};

/** Its settings, of the whole host and of every interface, its modules, core dumps and AppArmor. */
export function kernelChecks({ whole, interfaces }: KernelSettings): readonly Check[] {
  return [...sysctlChecks(whole), ...interfaceChecks(interfaces), ...moduleChecks(), ...CORE_DUMPS, APPARMOR];
}

function sysctlChecks(whole: KernelSettings["whole"]): readonly Check[] {
  return Object.entries(whole).map(([key, { value, control }]) => ({
    id: `sysctl-${sysctlId(key)}`,
    control,
    argv: ["sysctl", "-n", key],
    expect: { kind: "equals", text: value },
    ...(key.startsWith("net.") ? {} : { skipInContainer: SHARED_KERNEL }),
  }));
}

function interfaceChecks(interfaces: KernelSettings["interfaces"]): readonly Check[] {
  return Object.entries(interfaces).map(([key, sysctl]) => ({
    ...interfaceProbe(key, sysctl),
    id: `sysctl-${sysctlId(key)}`,
    control: sysctl.control,
  }));
}

function moduleChecks(): readonly Check[] {
  return Object.entries(BLOCKED_MODULES).map(([name, control]) => ({
    id: `module-${name.replaceAll("_", "-")}-blocked`,
    control,
    argv: ["modprobe", "--show-depends", name],
    expect: { kind: "lacks", pattern: "^insmod " },
    skipInContainer: "container kernel: modules are the machine's",
  }));
}
