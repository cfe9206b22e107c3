/** Checks of the running kernel. */
import { literal } from "../../plan/patterns";
import { DEPLOY_USER } from "../../plan/places";
import type { Check } from "../../plan/types";
import { BLOCKED_MODULES, interfaceProbe, type KernelSettings, sysctlId } from "./kernel";

const SHARED_KERNEL = "container kernel: the value is the machine's, and read-only here";

const CORE_DUMPS: readonly Check[] = [
  {
    id: "core-dumps-off",
    control: "KRN-04",
    argv: ["systemd-analyze", "cat-config", "systemd/coredump.conf"],
    expect: { kind: "assigned", lines: ["Storage=none", "ProcessSizeMax=0"] },
  },
  {
    id: "core-limit-zero",
    control: "KRN-04",
    argv: ["runuser", "--login", DEPLOY_USER, "--command", "ulimit -Hc"],
    expect: { kind: "equals", text: "0" },
  },
  {
    // A line for one account counts more than one for all, whichever is read last (limits.conf(5)).
    id: "hard-limits-set-once",
    control: "KRN-04",
    argv: [
      ...["grep", "--recursive", "--extended-regexp", "--include=*.conf"],
      ...["^[^#]*[[:space:]]+(hard|-)[[:space:]]+(core|nproc)[[:space:]]", "/etc/security"],
    ],
    expect: { kind: "lacks", pattern: "^(?!/etc/security/limits\\.d/(?:zz-phiward(?:-people)?|10-coredump-debian)\\.conf:)" },
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
  return [
    ...sysctlChecks(whole),
    ...sysctlFileChecks(whole, interfaces),
    ...interfaceChecks(interfaces),
    ...moduleChecks(),
    ...CORE_DUMPS,
    APPARMOR,
  ];
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

/** Our file, which is read last of all that set a key by its whole name. */
export const SYSCTL_FILE = "/etc/sysctl.d/zz-phiward.conf";

// Of the files as systemd reads them at the next boot, each named before its lines.
function sysctlFileChecks(whole: KernelSettings["whole"], interfaces: KernelSettings["interfaces"]): readonly Check[] {
  const files = { control: "KRN-10", argv: ["/usr/lib/systemd/systemd-sysctl", "--cat-config"] } as const;
  const others = Object.entries(interfaces).map(
    // The name of one interface counts more than a wildcard, whichever is read last (sysctl.d(5)).
    ([key, { value }]) =>
      `${key
        .split("*")
        .map((part) => part.split(".").map(literal).join("[./]"))
        .join("[^*=]+")}\\s*=(?!\\s*${literal(value)}\\s*$)`,
  );
  return [
    {
      ...files,
      id: "sysctl-files-agree",
      expect: { kind: "assigned", lines: Object.entries({ ...whole, ...interfaces }).map(([key, { value }]) => `${key}=${value}`) },
    },
    { ...files, id: "sysctl-files-agree-on-interfaces", expect: { kind: "lacks", pattern: `^\\s*-?(?:${others.join("|")})` } },
  ];
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
