/** What a container of a service is, before it is anything of Docker's. */

import { lastingName } from "../../config/names";
import type { ServiceConfig, StackConfig } from "../../config/schema";
import type { DatabaseKind } from "../../config/sections/databaseKinds";
import { sliceName } from "../names";
import { pathInContainer, type SecretsSettings, serviceFilePath } from "../secrets/files";

/** How a container's health is asked for. */
export interface HealthSettings {
  readonly command: readonly string[];
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly startSeconds: number;
}

/** A file or directory of the host that a container sees, read-only. */
export interface BindMount {
  readonly source: string;
  readonly target: string;
}

/** A volume, whose data outlives the container. */
export interface RetainedVolume {
  /** Name of the Docker volume. */
  readonly volume: string;
  readonly path: string;
}

/** A file of a database's configuration. */
export interface ConfigurationFile {
  readonly name: string;
  readonly text: string;
}

/** One container, complete but for its name and port, which follow from the rest. */
export interface ContainerSettings {
  /** The name that its service keeps: all that is stored goes by it. */
  readonly service: string;
  /** What its service is called now. */
  readonly called: string;
  readonly kind: "container" | DatabaseKind;
  readonly image: string;
  /** `uid:gid`, never root. */
  readonly user: string;
  /** What takes the place of the image's entry point; without it, that one stays. */
  readonly entryPoint?: readonly string[];
  /** What it runs; empty: the image's default. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Port that it listens on and that the loopback address passes on; `null`: none. */
  readonly port: number | null;
  /** Further ports, which the loopback address passes on as well. Left out where there are none, as everything that not all containers have. */
  readonly ports?: readonly NamedPort[];
  readonly internet: boolean;
  /** Whether the next container of a service is made beside this one, or once this one is stopped. */
  readonly updateOrder: "start-first" | "stop-first";
  readonly networks: readonly string[];
  readonly volumes: readonly RetainedVolume[];
  readonly bindMounts: readonly BindMount[];
  /** Memory file systems: path to mount options. All else is read-only. */
  readonly temporary: Readonly<Record<string, string>>;
  readonly sharedMemoryMegabytes: number;
  /** `null` where the kernel cannot limit containers. */
  readonly limits: {
    readonly memoryMegabytes: number;
    readonly processes: number;
    readonly slice: string;
    /** Processors; without it there is no limit. */
    readonly cpus?: number;
  } | null;
  readonly health: HealthSettings;
  readonly stopSignal: string | null;
  readonly stopSeconds: number;
  /** Whether a small first process of Docker's own reaps what the program leaves. */
  readonly init: boolean;
  /** The files that it is configured by: changed ones are a changed container. */
  readonly configuration: readonly ConfigurationFile[];
  /** What must succeed before it is made. */
  readonly initialize?: InitializeSettings;
}

/** The init step of a service. */
export interface InitializeSettings {
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  /** Whether the host is backed up before. */
  readonly backup: boolean;
}

/** A port by its name. */
export interface NamedPort {
  readonly name: string;
  readonly port: number;
}

/** A port of a container, and the one of the loopback address that leads to it. */
export interface PublishedPort extends NamedPort {
  readonly published: number;
}

/** A container with its name. */
export interface NamedContainer extends ContainerSettings {
  /** A database has the name that its service keeps: two servers on one volume cannot be. A service has that name too, by which policies see whose mounts it may have, with the hash of its definition behind it, so that old and new can be there side by side. */
  readonly name: string;
  /** Port of the loopback address that leads to `port`. One that is replaced stop-first keeps it. */
  readonly publishedPort: number | null;
  /** The same of `ports`, in their order. */
  readonly publishedPorts?: readonly PublishedPort[];
  /** SHA-256 of the definition. */
  readonly definition: string;
}

/** A network of the host's containers. */
export interface NetworkSettings {
  readonly name: string;
  readonly service: string;
  /** No way out and no published port. */
  readonly internal: boolean;
  /** Whether it may reach the Internet: its bridge is named for it, by which the firewall lets connections out, and answers find their way back. */
  readonly masquerade: boolean;
}

/** All containers of a host, with their networks and volumes. */
export interface ServicesSettings {
  readonly networks: readonly NetworkSettings[];
  readonly volumes: readonly { readonly name: string; readonly service: string }[];
  readonly databases: readonly NamedContainer[];
  readonly services: readonly NamedContainer[];
}

/** Mount options of a container's /tmp. */
export const TEMPORARY = temporaryOptions({ megabytes: 64, exec: false });

/** Mount options of a /tmp of another size, or from which programs may be run. */
export function temporaryOptions({ megabytes, exec }: { readonly megabytes: number; readonly exec: boolean }): string {
  return `rw,${exec ? "exec" : "noexec"},nosuid,nodev,mode=1777,size=${String(megabytes)}m`;
}

/** What the kernel limits a service to. */
export function limits(config: StackConfig, service: ServiceConfig): ContainerSettings["limits"] {
  if (config.docker.limits === "unavailable") return null;
  const { memoryMegabytes, processes, cpus } = service;
  return { memoryMegabytes, processes, slice: sliceName(lastingName(service)), ...(cpus === undefined ? {} : { cpus }) };
}

/** The files by which a service gets its secrets, and is configured. */
export function secretMounts({ files }: SecretsSettings, service: string): readonly BindMount[] {
  return files.filter((file) => file.service === service).map((file) => ({ source: serviceFilePath(file), target: pathInContainer(file) }));
}

/** How many processes the control group of a service may hold. While a service is replaced, two of its containers are up. */
export function mostProcesses(kind: ContainerSettings["kind"], processes: number): number {
  return kind === "container" ? 2 * processes : processes;
}
