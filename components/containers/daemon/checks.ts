import type { ControlId } from "../../compliance/controls";
import { literal } from "../../plan/patterns";
import { isActive, isEnabled } from "../../plan/systemd";
import type { Check, Probe } from "../../plan/types";
import { encryptionChecks } from "../encryption";
import { outputLimited } from "../output";
import { registryChecks } from "../registryLogins";
import { dataDeclaredCheck } from "../serviceData";
import { servicesChecks } from "../services/checks";
import { poolApartChecks } from "./poolApart";
import { APT_HELD_PACKAGES, type DockerSettings } from "./settings";
import { USERS_CHECK } from "./users";
import { VOLUMES_MOUNT_CHECK } from "./volumesMount";

const NO_APPARMOR = "a container shares its machine's kernel, whose AppArmor belongs to the machine";

export function dockerChecks(settings: DockerSettings): readonly Check[] {
  return [
    ...SERVICE,
    ...factChecks(settings),
    ...poolApartChecks(settings.addressPool),
    outputLimited(settings.logs),
    ...REACH,
    CONFINED,
    USERS_CHECK,
    VOLUMES_MOUNT_CHECK,
    dataDeclaredCheck(settings.data),
    ...encryptionChecks(),
    ...registryChecks(settings.registries),
    ...servicesChecks(settings.services, settings.logs),
  ];
}

/** Where containerd has its temporary files, in memory, as a variable of its unit's environment. */
export const CONTAINERD_TEMPORARY = "TMPDIR=/run/containerd";

const SERVICE: readonly Check[] = [
  isActive("docker.service", { id: "docker-active", control: "MON-04" }),
  isEnabled("docker.service", { id: "docker-enabled", control: "MON-04" }),
  {
    id: "containerd-needs-no-tmp",
    control: "MON-04",
    argv: ["systemctl", "show", "containerd.service", "--property=Environment", "--value"],
    expect: { kind: "matches", pattern: `(^| )${CONTAINERD_TEMPORARY}( |$)` },
  },
  {
    id: "docker-held",
    control: "PKG-04",
    argv: ["apt-mark", "showhold", ...APT_HELD_PACKAGES],
    expect: { kind: "set", lines: APT_HELD_PACKAGES },
  },
];

function factChecks({ addressPool, logs }: DockerSettings): readonly Check[] {
  return [
    says("live-restore", "DKD-03", "live-restore true"),
    says("log-driver", "LOG-03", `log-driver ${logs.driver}`),
    says("experimental-off", "DKD-07", "experimental false"),
    says("swarm-off", "DKD-10", "swarm inactive"),
    says("address-pool", "NET-10", `pools [{${addressPool} 24}]`),
    says("no-new-privileges", "DKD-02", "security name=no-new-privileges"),
    says("seccomp", "DKD-12", "security name=seccomp,profile=builtin"),
    { control: "DKD-12", id: "docker-apparmor", ...APPARMOR_SEEN, skipInContainer: NO_APPARMOR },
  ];
}

// One question for all facts of the engine.
const FACTS = [
  '{{println "live-restore" .LiveRestoreEnabled}}',
  '{{println "log-driver" .LoggingDriver}}',
  '{{println "experimental" .ExperimentalBuild}}',
  '{{println "swarm" .Swarm.LocalNodeState}}',
  '{{println "pools" .DefaultAddressPools}}',
  '{{range .SecurityOptions}}{{println "security" .}}{{end}}',
].join("");

/** Whether Docker found AppArmor, and what it needs to load its profile. */
export const APPARMOR_SEEN: Probe = {
  argv: ["docker", "info", "--format", FACTS],
  expect: { kind: "lines", lines: ["security name=apparmor"] },
};

// Of the processes themselves: what is declared of a container does not show whether the kernel has the profile.
const CONFINED: Check = {
  id: "containers-confined-by-apparmor",
  control: "DKD-12",
  argv: ["ps", "-e", "-o", "label:80,cgroup:200"],
  expect: { kind: "lacks", pattern: "^(?!docker-default \\(enforce\\)).*docker-[0-9a-f]{64}\\.scope" },
  skipInContainer: NO_APPARMOR,
  outOfReach: true,
};

function says(what: string, control: ControlId, line: string): Check {
  return { control, id: `docker-${what}`, argv: ["docker", "info", "--format", FACTS], expect: { kind: "lines", lines: [line] } };
}

/** Whether packets between the containers of one network go through the firewall: without it, they would go past DOCKER-USER. */
export const BRIDGE_FILTERS = ["net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"] as const;

/** Asks whether they do. */
export const BRIDGES_FILTERED: Probe = {
  argv: ["sysctl", "-n", ...BRIDGE_FILTERS],
  expect: { kind: "equals", text: BRIDGE_FILTERS.map(() => "1").join("\n") },
};

// Docker puts DOCKER-USER there when it starts, and before or behind it what drops packets from one network to another. Anything that
// came before them would pass without being judged.
const FORWARD_BEGINS = ["-A FORWARD -j DOCKER-USER", "-A FORWARD -j DOCKER-ISOLATION-STAGE-1"];

const DOCKERD = "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock";

// Who reaches the engine, and what reaches what by it.
const REACH: readonly Check[] = [
  {
    id: "docker-icc-disabled",
    control: "DKD-01",
    argv: ["docker", "network", "inspect", "bridge", "--format", '{{index .Options "com.docker.network.bridge.enable_icc"}}'],
    expect: { kind: "equals", text: "false" },
  },
  {
    id: "docker-no-userland-proxy",
    control: "DKD-04",
    argv: ["ps", "-e", "-o", "comm="],
    expect: { kind: "lacks", pattern: "^docker-proxy$" },
  },
  {
    id: "docker-not-on-network",
    control: "DKD-06",
    argv: ["ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes"],
    // Without the proxy, the engine holds the published ports of the loopback address itself.
    expect: { kind: "lacks", pattern: '^\\S+\\s+\\S+\\s+\\S+\\s+(?!127\\.0\\.0\\.1:)\\S+\\s.*"dockerd"|:237[56]\\s' },
  },
  {
    // Whoever reaches another socket of it, such as one of the loopback address, is root; sockets do not tell it from published ports.
    id: "docker-started-as-packaged",
    control: "DKD-06",
    // More than one line, all alike, for the moment in which it starts another program.
    argv: ["ps", "-C", "dockerd", "-o", "args="],
    expect: { kind: "lacks", pattern: `^(?!${literal(DOCKERD)}$)` },
    // By a drop-in or /etc/default/docker, which are left to who wrote them.
    outOfReach: true,
  },
  {
    id: "docker-socket-alone",
    control: "DKD-06",
    argv: ["systemctl", "show", "docker.socket", "--property=Listen"],
    expect: { kind: "equals", text: "Listen=/run/docker.sock (Stream)" },
    outOfReach: true,
  },
  {
    id: "containerd-not-on-network",
    control: "DKD-06",
    argv: ["ss", "--no-header", "--listening", "--tcp", "--udp", "--numeric", "--processes"],
    expect: { kind: "lacks", pattern: '"containerd' },
  },
  ...["1", "2"].map(
    (place): Check => ({
      id: `docker-forward-rule-${place}-ipv4`,
      control: "NET-07",
      argv: ["iptables", "-S", "FORWARD", place],
      expect: { kind: "oneOf", texts: FORWARD_BEGINS },
    }),
  ),
  { id: "docker-bridges-filtered", control: "NET-21", ...BRIDGES_FILTERED },
  {
    id: "docker-socket-deploy-only",
    control: "DKD-09",
    argv: ["stat", "--format=%U:%G %a", "/run/docker.sock", "/run/containerd/containerd.sock"],
    expect: { kind: "equals", text: "root:docker 660\nroot:root 660" },
  },
  {
    id: "containers-published-on-loopback-only",
    control: "NET-09",
    argv: ["docker", "ps", "--format", "{{.Ports}}"],
    expect: { kind: "lacks", pattern: "(^|, )(?!127\\.0\\.0\\.1:)[^, ]*->" },
    outOfReach: true,
  },
];
