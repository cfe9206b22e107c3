/** The services of a host, complete: pure, so that every reader of the configuration finds the same. */
import type { ServiceConfig, StackConfig } from "../../config/schema";
import { networkName, type PlacedContainer } from "./container";
import { type DatabaseState, databaseContainer, databaseState } from "./database";
import { placed } from "./definition";
import { containerState } from "./ownContainer";

/** A network of the host's containers. */
export interface NetworkState {
  readonly name: string;
  readonly service: string;
  /** No way out and no published port. */
  readonly internal: boolean;
  /** Whether answers from the Internet find their way back. */
  readonly masquerade: boolean;
}

/** All services of a host. */
export interface ServicesState {
  readonly networks: readonly NetworkState[];
  readonly volumes: readonly { readonly name: string; readonly service: string }[];
  readonly databases: readonly PlacedContainer[];
  readonly services: readonly PlacedContainer[];
}

/** Takes the services out of the configuration. */
export function servicesState(config: StackConfig): ServicesState {
  const containers = config.services.map((service) =>
    service.kind === "container" ? containerState(config, service) : databaseContainer(config, service),
  );
  return {
    networks: config.services.map(networkState),
    volumes: containers.flatMap(({ service, volumes }) => volumes.map(({ volume }) => ({ name: volume, service }))),
    databases: placed(containers.filter(({ kind }) => kind !== "container")),
    services: placed(containers.filter(({ kind }) => kind === "container")),
  };
}

/** The port of the loopback address at which `service` answers. Throws Error if it has none. */
export function upstreamPort(config: StackConfig, service: string): number {
  const port = servicesState(config).services.find((container) => container.service === service)?.publishedPort;
  if (port === undefined || port === null) throw new Error(`services: found no service ${service} with a port`);
  return port;
}

/** The databases of a host, and who uses them. */
export function databasesOf(config: StackConfig): readonly DatabaseState[] {
  return config.services.filter((service) => service.kind !== "container").map((database) => databaseState(config, database));
}

// A service with neither port nor Internet could be reached by nobody: its network has no way out at all.
function networkState(service: ServiceConfig): NetworkState {
  const open = service.kind === "container" && (service.port !== undefined || service.internet);
  return {
    name: networkName(service.name),
    service: service.name,
    internal: !open,
    masquerade: service.kind === "container" && service.internet,
  };
}
