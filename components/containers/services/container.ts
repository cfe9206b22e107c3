/** What a container of a service is, before it is anything of Docker's. */
import type { ServiceConfig, StackConfig } from "../../config/schema";
import { secretFilePath, secretsState } from "../secrets/settings";
import type { ServiceFile } from "./databaseFiles";

/** How a container is asked whether it is well. */
export interface HealthState {
  readonly command: readonly string[];
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly startSeconds: number;
}

/** Something of the host that a container sees, read-only. */
export interface BoundPath {
  readonly source: string;
  readonly target: string;
}

/** What a container keeps. */
export interface KeptVolume {
  /** Name of the Docker volume. */
  readonly volume: string;
  readonly path: string;
}

/** One container, complete but for its name and port, which follow from the rest. */
export interface ContainerState {
  readonly service: string;
  readonly kind: ServiceConfig["kind"];
  readonly image: string;
  /** `uid:gid`, never root. */
  readonly user: string;
  /** What it runs; empty for what the image says. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Port that it listens on and that the loopback address passes on; `null`: none. */
  readonly port: number | null;
  readonly internet: boolean;
  readonly networks: readonly string[];
  readonly volumes: readonly KeptVolume[];
  readonly bound: readonly BoundPath[];
  /** Memory file systems: path to mount options. All else is read-only. */
  readonly temporary: Readonly<Record<string, string>>;
  readonly sharedMemoryMegabytes: number;
  /** `null` where the kernel cannot limit containers. */
  readonly limits: { readonly memoryMegabytes: number; readonly processes: number; readonly slice: string } | null;
  readonly health: HealthState;
  readonly stopSignal: string | null;
  readonly stopSeconds: number;
  /** Whether a small first process of Docker's own reaps what the program leaves. */
  readonly init: boolean;
  /** The files that it is configured by: changed ones are a changed container. */
  readonly configuration: readonly ServiceFile[];
}

/** A container with its name. */
export interface PlacedContainer extends ContainerState {
  /** A database has its service's name. A service has the hash of its definition behind it, so that old and new can be up side by side. */
  readonly name: string;
  /** Port of the loopback address that leads to `port`. */
  readonly publishedPort: number | null;
  /** SHA-256 of the definition. */
  readonly definition: string;
}

/** Mount options of a container's /tmp. */
export const TEMPORARY = "rw,noexec,nosuid,nodev,mode=1777,size=64m";

/** Name of a service's network. */
export function networkName(service: string): string {
  return `phiward-${service}`;
}

/** Name of a service's volume on the host. */
export function volumeName(service: string, volume: string): string {
  // A dot, which no name has in it: no two services can mean the same volume.
  return `phiward-${service}.${volume}`;
}

/** What the kernel limits a service to. */
export function limits(config: StackConfig, service: ServiceConfig): ContainerState["limits"] {
  if (config.docker.limits === "unavailable") return null;
  return { memoryMegabytes: service.memoryMegabytes, processes: service.processes, slice: sliceOf(service.name) };
}

/** The files by which a service is handed its secrets. */
export function secretFiles(config: StackConfig, service: string): readonly BoundPath[] {
  return secretsState(config)
    .files.filter((file) => file.service === service)
    .map((file) => ({ source: secretFilePath(file), target: `/run/secrets/${file.name}` }));
}

/** How many processes the control group of a service may hold. While a service is replaced, two of its containers are up. */
export function mostProcesses(kind: ContainerState["kind"], processes: number): number {
  return kind === "container" ? 2 * processes : processes;
}

// Name of a service's control group: hyphens would make it a child of another's.
function sliceOf(service: string): string {
  return `phiward-${service.replaceAll("-", "_")}.slice`;
}
