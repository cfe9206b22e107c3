import type { Family } from "../../config/network";
import { type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { enableStep } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type ExclusiveSet, type Probe, type Step } from "../../plan/types";
import { HOOKED, ufwChecks } from "./checks";
import { afterRules, tuples, userRules } from "./rules";
import { FAMILIES, rulesOf, type UfwSettings } from "./settings";

const POLICY = { deny: "DROP", allow: "ACCEPT" } as const;

export function ufwPlan(settings: UfwSettings): ConcernPlan {
  const ruleFiles = FAMILIES.flatMap((family) => ruleFilesOf(settings, family));
  const files = [
    ...OWN_FILES,
    textFile("/etc/default/ufw", defaults(settings)),
    textFile("/etc/ufw/ufw.conf", "ENABLED=yes\nLOGLEVEL=low\n"),
    ...ruleFiles,
  ];
  return {
    ...EMPTY_PLAN,
    packages: ["ufw", "iptables"],
    files,
    sets: [rulesSet(settings), PUBLISHED],
    // UFW's own dry run accepts garbage; the loader's does not.
    validators: ruleFiles.map((file) => {
      const restore = file.path.includes("6") ? "ip6tables-restore" : "iptables-restore";
      return { id: restore, argv: [restore, "--test", "--noflush", file.path], files: [file] };
    }),
    steps: steps(files),
    checks: ufwChecks(settings),
  };
}

// The rules that UFW itself begins with, as its package ships them, and no scripts around them.
const OWN_FILES: readonly PlanFile[] = [
  ...["before.rules", "before6.rules"].map(
    (name): PlanFile => ({
      path: `/etc/ufw/${name}`,
      owner: "root:root",
      mode: "0640",
      content: { kind: "hostFile", hostFile: `/usr/share/ufw/iptables/${name}` },
    }),
  ),
  ...["before.init", "after.init"].map((name) => textFile(`/etc/ufw/${name}`, "# Rules are declared, not scripted.\n", "0640")),
];

function ruleFilesOf(settings: UfwSettings, family: Family): readonly PlanFile[] {
  const suffix = family === "ipv4" ? "" : "6";
  return [
    textFile(`/etc/ufw/user${suffix}.rules`, userRules(rulesOf(settings, family), family), "0640"),
    textFile(`/etc/ufw/after${suffix}.rules`, afterRules(settings, family), "0640"),
  ];
}

// They go with the file that holds them; the set names them to who adopts a server.
function rulesSet(settings: UfwSettings): ExclusiveSet {
  return {
    id: "rules",
    noun: "firewall rule",
    list: ["grep", "--no-filename", "^### tuple ###", "/etc/ufw/user.rules", "/etc/ufw/user6.rules"],
    pattern: "^### tuple ### (.*?)\\s*$",
    keep: FAMILIES.flatMap((family) => rulesOf(settings, family).map((rule) => tuples(rule, family))),
    remove: [],
  };
}

const PUBLISHED: ExclusiveSet = {
  id: "published",
  noun: "way in to a container",
  list: ["docker", "ps", "--format", "{{.Names}} {{.Ports}}"],
  pattern: "^(.*(?:0\\.0\\.0\\.0|\\[::\\]|:::).*)$",
  keep: [],
  remove: [],
};

function steps(files: readonly PlanFile[]): readonly Step[] {
  const load = (id: string, when: Step["when"]): Step => ({
    id,
    argv: ["systemctl", "restart", "ufw.service"],
    phase: "after",
    when,
    undo: { kind: "run", commands: RELOAD },
  });
  const loaded: Probe = {
    argv: ["iptables", "--list-rules", "ufw-user-input"],
    expect: { kind: "matches", pattern: "-A ufw-user-input" },
  };
  return [
    load("load-ufw", { kind: "change", on: files }),
    load("start-ufw", { kind: "state", unless: loaded }),
    {
      // Behind the others, which fill the chains that this one leads to.
      id: "hook-ufw",
      argv: programCommand("firewall", "hook"),
      phase: "after",
      when: { kind: "state", unless: HOOKED },
      undo: { kind: "run", commands: RELOAD },
    },
    enableStep("ufw.service"),
  ];
}

// By the files as they are then: where the firewall was off before, it is off again.
const RELOAD = [
  ["-/usr/lib/ufw/ufw-init", "force-stop"],
  ["/usr/lib/ufw/ufw-init", "start"],
];

function defaults(settings: UfwSettings): string {
  return [
    "IPV6=yes",
    `DEFAULT_INPUT_POLICY="${POLICY[settings.defaults.incoming]}"`,
    `DEFAULT_OUTPUT_POLICY="${POLICY[settings.defaults.outgoing]}"`,
    `DEFAULT_FORWARD_POLICY="${POLICY[settings.defaults.routed]}"`,
    'DEFAULT_APPLICATION_POLICY="SKIP"',
    // Docker's chains stay when the firewall is reloaded.
    "MANAGE_BUILTINS=no",
    // Kernel settings have one source, the baseline.
    "IPT_SYSCTL=",
    'IPT_MODULES=""',
    "",
  ].join("\n");
}
