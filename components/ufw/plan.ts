import type { StackConfig } from "../config";
import { SSH_PORT } from "../host/place";
import { EMPTY_PLAN, type HostPlan, serviceSteps, textFile } from "../host/plan";
import { type Family, familyOf } from "../network";
import { ufwChecks } from "./checks";
import { afterRules, tuples, userRules } from "./rules";

/** One opening in the firewall. */
export interface UfwRule {
  /** `allow` lets through; `limit` refuses an address that opens six connections within 30 seconds (ufw(8)). */
  readonly action: "allow" | "limit";
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Network it is open to; absent: the whole Internet, IPv4 and IPv6. */
  readonly from?: string;
}

/** The firewall of a host. */
export interface UfwState {
  readonly defaults: { readonly incoming: "deny"; readonly outgoing: "allow"; readonly routed: "deny" };
  readonly rules: readonly UfwRule[];
  /** The last word of DOCKER-USER: what comes in to a container without being declared is dropped. */
  readonly dockerUser: "drop";
  readonly deadManSeconds: number;
}

/** Both families, so that no rule is written for one alone. */
export const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** Takes the firewall's part out of the configuration: administrators first, so that no limit meets them. */
export function ufwState(config: StackConfig): UfwState {
  return {
    defaults: { incoming: "deny", outgoing: "allow", routed: "deny" },
    rules: [
      ...config.adminNetworks.map((from): UfwRule => ({ action: "allow", protocol: "tcp", port: SSH_PORT, from })),
      { action: "limit", protocol: "tcp", port: SSH_PORT },
      ...config.publicPorts.map(({ port, protocol }): UfwRule => ({ action: "allow", protocol, port })),
    ],
    dockerUser: "drop",
    deadManSeconds: config.deadMan.seconds,
  };
}

/** The rules that one family gets, in order. */
export function rulesOf(state: UfwState, family: Family): readonly UfwRule[] {
  return state.rules.filter((rule) => rule.from === undefined || familyOf(rule.from) === family);
}

const POLICY = { deny: "DROP", allow: "ACCEPT" } as const;

/** Everything this unit wants of the host. */
export function ufwPlan(state: UfwState): HostPlan {
  const ruleFiles = FAMILIES.flatMap((family) => {
    const suffix = family === "ipv4" ? "" : "6";
    return [
      textFile(`/etc/ufw/user${suffix}.rules`, userRules(rulesOf(state, family), family), "0640"),
      textFile(`/etc/ufw/after${suffix}.rules`, afterRules(family), "0640"),
    ];
  });
  const files = [textFile("/etc/default/ufw", defaults(state)), textFile("/etc/ufw/ufw.conf", "ENABLED=yes\nLOGLEVEL=low\n"), ...ruleFiles];
  return {
    ...EMPTY_PLAN,
    unit: "ufw",
    packages: ["ufw", "iptables"],
    files,
    sets: [
      {
        id: "rules",
        noun: "firewall rule",
        list: ["grep", "--no-filename", "^### tuple ###", "/etc/ufw/user.rules", "/etc/ufw/user6.rules"],
        pattern: "^### tuple ### (.*?)\\s*$",
        keep: FAMILIES.flatMap((family) => rulesOf(state, family).map((rule) => tuples(rule, family))),
        // They go with the file that holds them; the set names them to who adopts a server.
        remove: [],
        undo: [],
      },
    ],
    // UFW's own dry run accepts garbage; the loader's does not.
    validators: ruleFiles.map(({ path }) => ({
      id: path.includes("6") ? "ip6tables-restore" : "iptables-restore",
      argv: [path.includes("6") ? "ip6tables-restore" : "iptables-restore", "--test", "--noflush", path],
      files: [path],
    })),
    steps: [
      ...["before.rules", "before6.rules"].map((name) => ({
        id: `pristine-${name}`,
        argv: ["install", "--mode=0640", `/usr/share/ufw/iptables/${name}`, `/etc/ufw/${name}`],
        phase: "before" as const,
        when: {
          kind: "state" as const,
          unless: {
            argv: ["cmp", "--quiet", `/usr/share/ufw/iptables/${name}`, `/etc/ufw/${name}`],
            expect: { kind: "exit" as const, code: 0 },
          },
        },
        undo: { kind: "none" as const },
      })),
      {
        id: "load-ufw",
        argv: ["systemctl", "restart", "ufw.service"],
        phase: "after",
        when: { kind: "change", on: [...files.map((file) => file.path), "pristine-before.rules", "pristine-before6.rules"] },
        undo: { kind: "run", commands: RELOAD },
      },
      {
        id: "start-ufw",
        argv: ["systemctl", "restart", "ufw.service"],
        phase: "after",
        when: {
          kind: "state",
          unless: { argv: ["iptables", "--list-rules", "ufw-user-input"], expect: { kind: "matches", pattern: "-A ufw-user-input" } },
        },
        undo: { kind: "run", commands: RELOAD },
      },
      ...serviceSteps("ufw.service").filter((step) => step.id.startsWith("enable-")),
    ],
    checks: ufwChecks(state),
    deadManSeconds: state.deadManSeconds,
  };
}

// By the files as they are then: where the firewall was off before, it is off again.
const RELOAD = [
  ["-/usr/lib/ufw/ufw-init", "force-stop"],
  ["/usr/lib/ufw/ufw-init", "start"],
];

function defaults(state: UfwState): string {
  return [
    "IPV6=yes",
    `DEFAULT_INPUT_POLICY="${POLICY[state.defaults.incoming]}"`,
    `DEFAULT_OUTPUT_POLICY="${POLICY[state.defaults.outgoing]}"`,
    `DEFAULT_FORWARD_POLICY="${POLICY[state.defaults.routed]}"`,
    'DEFAULT_APPLICATION_POLICY="SKIP"',
    // Docker's chains stay when the firewall is loaded anew.
    "MANAGE_BUILTINS=no",
    // Kernel settings have one source, the baseline.
    "IPT_SYSCTL=",
    'IPT_MODULES=""',
    "",
  ].join("\n");
}
