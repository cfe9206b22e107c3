/** Services as the arguments of Docker's resources: plain data, so that the policies judge them without an engine. */
import { createHash } from "node:crypto";
import type { ControlId } from "../../compliance/controls";
import { INTERNET_BRIDGES } from "../../config/names";
import type { NamedContainer, NetworkSettings, ServicesSettings } from "./containerSettings";

/** A label, as @pulumi/docker wants it. */
export interface Label {
  readonly label: string;
  readonly value: string;
}

/** What is given to a docker.Network. */
export interface NetworkArguments {
  readonly name: string;
  readonly driver: "bridge";
  readonly internal: boolean;
  readonly ipv6: false;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: readonly Label[];
}

/** A port that a container publishes. */
export interface PortArguments {
  readonly internal: number;
  readonly external: number;
  readonly ip: "127.0.0.1";
  readonly protocol: "tcp";
}

/** What is given to a docker.Container. */
export interface ContainerArguments {
  readonly name: string;
  readonly image: string;
  readonly user: string;
  readonly entrypoints?: readonly string[];
  readonly command?: readonly string[];
  readonly envs: readonly string[];
  readonly readOnly: true;
  readonly capabilities: { readonly drops: readonly ["ALL"] };
  readonly securityOpts: readonly ["no-new-privileges:true"];
  readonly mounts: readonly {
    readonly type: "bind" | "volume";
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
    /** Of a volume: what the image has at that path is not copied into it, and so does not decide whose it is. */
    readonly volumeOptions?: { readonly noCopy: true };
  }[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly shmSize: number;
  readonly memory?: number;
  readonly memorySwap?: number;
  readonly cgroupParent?: string;
  /** A number as text, as the provider has it. */
  readonly cpus?: string;
  readonly networkMode: string;
  readonly networksAdvanced: readonly { readonly name: string }[];
  readonly dns: readonly string[];
  readonly ports?: readonly PortArguments[];
  readonly healthcheck: {
    readonly tests: readonly string[];
    readonly interval: string;
    readonly timeout: string;
    readonly retries: number;
    readonly startPeriod: string;
    readonly startInterval: string;
  };
  readonly init: boolean;
  readonly restart: "unless-stopped" | "no";
  readonly stopSignal?: string;
  readonly stopTimeout: number;
  readonly destroyGraceSeconds: number;
  readonly labels: readonly Label[];
  readonly wait: true;
  readonly waitTimeout: number;
}

/** Arguments of a group of Docker's resources. */
export interface ContainerResources {
  readonly networks?: readonly NetworkArguments[];
  readonly volumes?: readonly { readonly name: string; readonly labels: readonly Label[] }[];
  readonly containers: readonly ContainerArguments[];
}

/** The resources that come before accounts are made: all networks and volumes, and the databases' containers. */
export function databaseResources(settings: ServicesSettings): Required<ContainerResources> {
  return {
    networks: settings.networks.map(networkArguments),
    volumes: settings.volumes.map(({ name, service }) => ({ name, labels: [{ label: "phiward.service", value: service }] })),
    containers: settings.databases.map(containerArguments),
  };
}

/** The resources that come after accounts were made: the services' containers. */
export function serviceResources(settings: ServicesSettings): ContainerResources {
  return { containers: settings.services.map(containerArguments) };
}

function networkArguments({ name, service, internal, masquerade }: NetworkSettings): NetworkArguments {
  return {
    name,
    driver: "bridge",
    internal,
    ipv6: false,
    options: {
      "com.docker.network.bridge.enable_ip_masquerade": String(masquerade),
      ...(masquerade ? { [BRIDGE_NAME]: internetBridge(name) } : {}),
    },
    labels: [{ label: "phiward.service", value: service }],
  };
}

/** Option of a network that names its bridge. */
export const BRIDGE_NAME = "com.docker.network.bridge.name";

/** The bridge of a network that may reach the Internet: an interface's name has 15 characters at most. */
export function internetBridge(network: string): string {
  return `${INTERNET_BRIDGES}${createHash("sha256").update(network).digest("hex").slice(0, 6)}`;
}

// What of the controls catalogue a container stands for; an auditor reads it on the host.
const CONTROLS: readonly ControlId[] = ["CTR-01", "CTR-02", "CTR-03", "CTR-04", "CTR-07", "CTR-08", "CTR-11", "CTR-14", "CTR-16"];
const LIMITS: ControlId = "CTR-09";

// Docker itself calls a container unhealthy first, and says why: so long may it take to start it on a busy host, and the provider to ask.
const SPARE_SECONDS = 30;

/** One container as the arguments of its resource. */
export function containerArguments(container: NamedContainer): ContainerArguments {
  const { health } = container;
  return {
    name: container.name,
    image: container.image,
    user: container.user,
    ...(container.entryPoint === undefined ? {} : { entrypoints: container.entryPoint }),
    ...(container.command.length === 0 ? {} : { command: container.command }),
    envs: Object.entries(container.environment)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
    readOnly: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    mounts: [
      ...container.bindMounts.map(({ source, target }) => ({ type: "bind" as const, source, target, readOnly: true })),
      ...container.volumes.map(({ volume, path }) => ({
        type: "volume" as const,
        source: volume,
        target: path,
        readOnly: false,
        volumeOptions: { noCopy: true as const },
      })),
    ],
    tmpfs: container.temporary,
    shmSize: container.sharedMemoryMegabytes,
    // Without swap: what is limited to a size is not to be slow instead.
    ...(container.limits === null
      ? {}
      : {
          memory: container.limits.memoryMegabytes,
          memorySwap: container.limits.memoryMegabytes,
          cgroupParent: container.limits.slice,
          ...(container.limits.cpus === undefined ? {} : { cpus: String(container.limits.cpus) }),
        }),
    // Made in its first network: else it would be made in the default one, where all containers meet, and taken out of it again.
    networkMode: container.networks[0] ?? "none",
    networksAdvanced: container.networks.map((name) => ({ name })),
    // Names of other containers are answered by Docker itself; all others would be a way out, by questions.
    dns: container.internet ? [] : ["127.0.0.1"],
    ...portArguments(container),
    healthcheck: {
      tests: ["CMD", ...health.command],
      interval: duration(health.everySeconds),
      timeout: duration(health.timeoutSeconds),
      retries: health.retries,
      startPeriod: duration(health.startSeconds),
      startInterval: "1s",
    },
    init: container.init,
    restart: "unless-stopped",
    ...(container.stopSignal === null ? {} : { stopSignal: container.stopSignal }),
    stopTimeout: container.stopSeconds,
    destroyGraceSeconds: container.stopSeconds,
    labels: [
      { label: "phiward.controls", value: [...CONTROLS, ...(container.limits === null ? [] : [LIMITS])].join(",") },
      { label: "phiward.definition", value: container.definition },
      { label: "phiward.service", value: container.service },
    ],
    wait: true,
    waitTimeout: health.startSeconds + health.retries * (health.everySeconds + health.timeoutSeconds) + SPARE_SECONDS,
  };
}

/** The ports that a container publishes, each with where it is published. */
export function publishedPorts({
  port,
  publishedPort,
  publishedPorts: further = [],
}: NamedContainer): readonly (readonly [number, number])[] {
  const first: readonly (readonly [number, number])[] = port === null || publishedPort === null ? [] : [[port, publishedPort]];
  return [...first, ...further.map(({ port: internal, published }): readonly [number, number] => [internal, published])];
}

function portArguments(container: NamedContainer): Pick<ContainerArguments, "ports"> {
  const ports = publishedPorts(container).map(
    ([internal, external]): PortArguments => ({ internal, external, ip: "127.0.0.1", protocol: "tcp" }),
  );
  return ports.length === 0 ? {} : { ports };
}

// As Docker prints durations, or every preview would show a change: 90s is 1m30s.
function duration(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return minutes === 0 ? `${String(rest)}s` : `${String(minutes)}m${String(rest)}s`;
}
