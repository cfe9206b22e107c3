import { registryOf } from "../../config/imageName";
import { type AbsolutePath, type Mode, type Owner, type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Probe, type Step } from "../../plan/types";
import type { DatabaseSettings } from "../databases/engine";
import { ENGINES } from "../databases/engines";
import { ENCRYPTION_PACKAGE, ENCRYPTION_TIMER, ENCRYPTION_UNITS, encryptionFile, encryptionSteps, OWN_AUTHORITY } from "../encryption";
import { CONFIGURATION_DIRECTORY } from "../names";
import { driverOptions, outputLimits } from "../output";
import { REGISTRIES_DIRECTORY, registryFiles } from "../registryLogins";
import { dataDeclaredStep } from "../serviceData";
import { mostProcesses } from "../services/containerSettings";
import { APPARMOR_SEEN, BRIDGE_FILTERS, BRIDGES_FILTERED, CONTAINERD_TEMPORARY, dockerChecks } from "./checks";
import { poolApartSteps } from "./poolApart";
import { APT_HELD_PACKAGES, type DockerSettings } from "./settings";
import { smokeTests } from "./smokeTest";
import { LOGIN_DEFS, userSteps, usersFile } from "./users";
import { VOLUMES_MOUNT, VOLUMES_MOUNT_FILE, volumesMountSteps } from "./volumesMount";

const DAEMON = "/etc/docker/daemon.json";
const CONTAINERD = "/etc/containerd/config.toml";
const CONTAINERD_DROP_IN = "/etc/systemd/system/containerd.service.d/phiward.conf";
const DROP_IN = "/etc/systemd/system/docker.service.d/phiward.conf";
const SMOKE_TESTS = "/etc/phiward/trial.json";
/** Where archives of images wait to be loaded. */
export const IMAGE_ARCHIVES = "/var/lib/phiward/images";

/**
 * User namespaces are not remapped, and that is a waiver: every container runs as an
 * account other than root, without capabilities and without a way to get any, and a remap would hide what is there and give
 * every volume another owner.
 */
export function dockerPlan(settings: DockerSettings): ConcernPlan {
  const daemon = textFile(DAEMON, `${JSON.stringify(daemonSettings(settings), undefined, 2)}\n`);
  const containerd = textFile(CONTAINERD, CONTAINERD_TEXT);
  // It writes a file for each program that is run in a container, such as a health check: the host's /tmp may be full.
  const containerdUnit = textFile(CONTAINERD_DROP_IN, `[Service]\nEnvironment=${CONTAINERD_TEMPORARY}\n`);
  const units = [
    containerdUnit,
    textFile(
      DROP_IN,
      `# An engine that is restarted often is not given up.\n[Unit]\nStartLimitIntervalSec=0\n${outputLimits(settings.logs)}`,
    ),
    VOLUMES_MOUNT_FILE,
    ...ENCRYPTION_UNITS,
    ...sliceFiles(settings),
  ];
  return {
    ...EMPTY_PLAN,
    // Docker only recommends apparmor, without which no profile is loaded.
    packages: ["docker.io", "docker-cli", "apparmor", ENCRYPTION_PACKAGE],
    directories: directories(settings),
    files: [
      daemon,
      containerd,
      textFile(SMOKE_TESTS, `${JSON.stringify(smokeTests(settings.services.databases, settings.databases), undefined, 1)}\n`, "0600"),
      ...settings.databases.flatMap(({ name, files }) =>
        files.map((file) => textFile(`${CONFIGURATION_DIRECTORY}/${name}/${file.name}`, file.text)),
      ),
      encryptionFile(settings.databases, settings.services.services),
      usersFile(settings.services),
      ...registryFiles(settings.registries),
      ...units,
    ],
    writes: [LOGIN_DEFS],
    sets: foreign(),
    validators: [
      { id: "dockerd", argv: ["dockerd", "--validate", `--config-file=${DAEMON}`], files: [daemon] },
      { id: "containerd", argv: ["containerd", "config", "dump"], files: [containerd] },
    ],
    steps: [
      ...poolApartSteps(settings.addressPool),
      dataDeclaredStep(settings.data),
      readUnits(units),
      ...volumesMountSteps(),
      ...serviceSteps("docker.service"),
      APPARMOR_STEP,
      hold(),
      ...daemonSteps(daemon, [containerd, containerdUnit]),
      FILTER_BRIDGES,
      HOOK_DOCKER_USER,
      ...images(settings).map((image) => imageStep(image, settings)),
      ...encryptionSteps(),
      ...serviceSteps(ENCRYPTION_TIMER),
      ...settings.databases.flatMap((database) => ENGINES[database.kind].prepare(database).steps),
      ...settings.databases.map(smokeTestStep),
      // Last: a volume changes hands, once, when nothing else of this plan can fail any more.
      ...userSteps(),
    ],
    checks: dockerChecks(settings),
  };
}

// Without a copy: the key of a server that is no longer declared is beside its files, which the stack's file says again.
const CONFIGURATIONS: PlanDirectory = {
  path: CONFIGURATION_DIRECTORY,
  owner: "root:root",
  mode: "0755",
  exclusive: { noun: "service configuration", keep: [], discard: true },
};

function directories({ databases }: DockerSettings): readonly PlanDirectory[] {
  const owned = (path: AbsolutePath, owner: Owner, mode: Mode): PlanDirectory => ({ path, owner, mode });
  return [
    owned("/etc/systemd/system/docker.service.d", "root:root", "0755"),
    owned("/etc/systemd/system/containerd.service.d", "root:root", "0755"),
    owned(IMAGE_ARCHIVES, "root:root", "0700"),
    REGISTRIES_DIRECTORY,
    CONFIGURATIONS,
    ...databases.map(({ name }) => owned(`${CONFIGURATION_DIRECTORY}/${name}`, "root:root", "0755")),
    ...databases.flatMap((database) => ENGINES[database.kind].prepare(database).directories),
  ];
}

// Enough for a database with hundreds of connections; without a limit, a leak in one container takes the host's files from all others.
const OPEN_FILES = 16_384;

function daemonSettings({ logs, addressPool }: DockerSettings): object {
  return {
    "default-address-pools": [{ base: addressPool, size: 24 }],
    "default-ulimits": { nofile: { Name: "nofile", Hard: OPEN_FILES, Soft: OPEN_FILES } },
    experimental: false,
    icc: false,
    iptables: true,
    "live-restore": true,
    "log-driver": logs.driver,
    "log-level": "info",
    "log-opts": driverOptions(logs),
    "no-new-privileges": true,
    "userland-proxy": false,
  };
}

// The provider has no process limit, so each service has its own control group around its containers.
function sliceFiles({ services }: DockerSettings): readonly PlanFile[] {
  return [...services.databases, ...services.services].flatMap(({ service, kind, limits }) =>
    limits === null
      ? []
      : [
          textFile(
            `/etc/systemd/system/${limits.slice}`,
            `[Unit]\nDescription=Containers of ${service}\n\n[Slice]\nTasksMax=${String(mostProcesses(kind, limits.processes))}\n`,
          ),
        ],
  );
}

// Debian's own, without the interface for Kubernetes, which listens on TCP.
const CONTAINERD_TEXT = `version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri"]

[plugins]
  [plugins."io.containerd.internal.v1.opt"]
    path = "/var/lib/containerd/opt"
`;

// Docker itself asks for IPv4 when it starts, since its containers are not to reach each other; whoever set another value later is overruled.
const FILTER_BRIDGES: Step = {
  id: "filter-bridges",
  argv: ["sysctl", "-w", ...BRIDGE_FILTERS.map((key) => `${key}=1`)],
  phase: "after",
  when: { kind: "state", unless: BRIDGES_FILTERED },
  undo: { kind: "none" },
};

// Docker itself does when it starts, but where FORWARD was emptied before (moby 48560, mended in Docker 27).
const HOOK_DOCKER_USER: Step = {
  id: "hook-docker-user",
  argv: ["iptables", "-I", "FORWARD", "-j", "DOCKER-USER"],
  phase: "after",
  when: { kind: "state", unless: { argv: ["iptables", "-S", "FORWARD"], expect: { kind: "lines", lines: ["-A FORWARD -j DOCKER-USER"] } } },
  undo: { kind: "none" },
};

// The reload comes first: with live-restore on, which a reload is enough for, containers outlive the restart that the rest needs.
function daemonSteps(settings: PlanFile, containerd: readonly PlanFile[]): readonly Step[] {
  const step = (verb: "reload" | "restart", undo: Step["undo"]): Step => ({
    id: `${verb}-docker`,
    argv: ["systemctl", verb, "docker.service"],
    phase: "after",
    when: { kind: "change", on: [settings] },
    undo,
  });
  // Containers outlive this one as well: each is held by a process of its own, and Docker connects again.
  const restartContainerd: Step = {
    id: "restart-containerd",
    argv: ["systemctl", "restart", "containerd.service"],
    phase: "after",
    when: { kind: "change", on: containerd },
    undo: { kind: "again" },
  };
  return [step("reload", { kind: "none" }), restartContainerd, step("restart", { kind: "again" })];
}

// Shown by `phiward adopt`, and never removed: they belong to someone, and may hold the only copy of something.
function foreign(): ConcernPlan["sets"] {
  const set = (noun: string, list: readonly string[]): ConcernPlan["sets"][number] => ({
    id: `${noun}s`,
    noun,
    list,
    pattern: "^(\\S+)\\s*$",
    keep: [],
    remove: [],
  });
  const format = '{{.Name}} {{.Label "phiward.service"}}';
  return [
    set("container", ["docker", "ps", "--all", "--format", '{{.Names}} {{.Label "phiward.service"}}']),
    set("network of containers", ["docker", "network", "ls", "--filter", "type=custom", "--format", format]),
    set("volume", ["docker", "volume", "ls", "--format", format]),
  ];
}

// It looks once, when it starts, whether it can load profiles.
const APPARMOR_STEP: Step = {
  id: "restart-docker-with-apparmor",
  argv: ["systemctl", "restart", "docker.service"],
  phase: "after",
  when: { kind: "state", unless: APPARMOR_SEEN },
  undo: { kind: "none" },
  notInContainer: true,
};

function hold(): Step {
  return {
    id: "hold-docker",
    argv: ["apt-mark", "hold", ...APT_HELD_PACKAGES],
    phase: "after",
    when: {
      kind: "state",
      unless: { argv: ["apt-mark", "showhold", ...APT_HELD_PACKAGES], expect: { kind: "set", lines: APT_HELD_PACKAGES } },
    },
    undo: { kind: "none" },
  };
}

function images({ services }: DockerSettings): readonly string[] {
  return [...new Set([...services.databases, ...services.services].map(({ image }) => image))];
}

function imageStep(image: string, { registries }: DockerSettings): Step {
  const login = registries.find(({ host }) => host === registryOf(image));
  return {
    id: `image-${image.replace(/^.*sha256:/, "").slice(0, 12)}`,
    argv: programCommand("images", "bring", image),
    phase: "after",
    when: { kind: "state", unless: { argv: programCommand("images", "present", image), expect: { kind: "exit", code: 0 } } },
    undo: { kind: "none" },
    advice: image.includes("@")
      ? `${image} could not be pulled: check that the host can reach its registry${login === undefined ? "" : `, and the login of ${login.host} under registries`}`
      : `${image} could not be loaded: bring its archive with npx phiward adopt --host HOST --images FILE`,
  };
}

function smokeTestStep({ name }: DatabaseSettings): Step {
  return {
    id: `trial-of-${name}`,
    argv: programCommand("smoke-test", "run", name),
    phase: "after",
    when: { kind: "state", unless: { argv: programCommand("smoke-test", "accepted", name), expect: { kind: "exit", code: 0 } } },
    undo: { kind: "none" },
    advice: `image ${name} failed its smoke test on temporary data; the real data was not touched: give ${name} its previous image again`,
  };
}

/** Whether no container of a service is left: Pulumi deletes them over Docker itself, at the end of the deploy that takes the last service out. */
export const NO_CONTAINERS: Probe = {
  argv: ["docker", "ps", "--all", "--quiet", "--filter", "label=phiward.service"],
  expect: { kind: "equals", text: "" },
};

/** Takes the container engine down. Volumes stay, with the data in them. */
export const DOCKER_REMOVAL: ConcernPlan = {
  ...stoppedUnits(["docker.socket", "docker.service", "containerd.service", VOLUMES_MOUNT, ENCRYPTION_TIMER], "DKD-09"),
  // Of logins and keys no copy is left.
  directories: [REGISTRIES_DIRECTORY, CONFIGURATIONS, OWN_AUTHORITY],
};
