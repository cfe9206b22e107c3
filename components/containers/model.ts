/** The containers of a stack's hosts, computed once and handed to every concern that needs a part of it. */
import { lastingName } from "../config/names";
import { type Sections, watchedConfig } from "../config/readSections";
import type { ServiceConfig, StackConfig } from "../config/schema";
import { databaseContainer, databaseSettings } from "./databases/databaseContainer";
import type { DatabaseSettings } from "./databases/engine";
import { internetNetworkName, networkName } from "./names";
import { declaredSecrets } from "./secrets/declaredSecrets";
import type { SecretsSettings } from "./secrets/files";
import { applicationContainer } from "./services/applicationContainer";
import type { NetworkSettings, ServicesSettings } from "./services/containerSettings";
import { named } from "./services/naming";

/** All containers, what they keep, and what they are configured by. */
export interface ContainersModel extends ServicesSettings {
  readonly databaseSettings: readonly DatabaseSettings[];
  readonly secrets: SecretsSettings;
}

/** What the settings of a concern are taken from. */
export interface StackModel {
  readonly config: StackConfig;
  readonly containers: ContainersModel;
  /** The sections of the configuration that the containers follow from. */
  readonly containersFrom: Sections;
}

/** A configuration with its containers. */
export function stackModel(config: StackConfig): StackModel {
  const containersFrom = new Set<string>();
  return { config, containers: containersModel(watchedConfig(config, containersFrom)), containersFrom };
}

/** A model that adds to `read` each section of the configuration that is read of it. What reads its containers has read whatever they were computed from. */
export function watchedModel(model: StackModel, read: Set<string>): StackModel {
  return {
    config: watchedConfig(model.config, read),
    containersFrom: model.containersFrom,
    get containers() {
      for (const section of model.containersFrom) read.add(section);
      return model.containers;
    },
  };
}

/** The containers of a configuration. Pure: the same configuration gives the same names and ports. */
export function containersModel(config: StackConfig): ContainersModel {
  const secrets = declaredSecrets(config);
  const databases = config.services.filter((service) => service.kind !== "container");
  const containers = config.services.map((service) =>
    service.kind === "container" ? applicationContainer(config, secrets, service) : databaseContainer(config, secrets, service),
  );
  return {
    networks: config.services.map(networkSettings),
    volumes: containers.flatMap(({ service, volumes }) => volumes.map(({ volume }) => ({ name: volume, service }))),
    databases: named(containers.filter(({ kind }) => kind !== "container")),
    services: named(containers.filter(({ kind }) => kind === "container")),
    databaseSettings: databases.map((database) => databaseSettings(config, database)),
    secrets,
  };
}

/** The port of the loopback address at which the service that is called `service` now answers; that of its port `named`, if given. Throws Error if it has none. */
export function upstreamPort({ services }: Pick<ContainersModel, "services">, service: string, named?: string): number {
  const container = services.find(({ called }) => called === service);
  const port = named === undefined ? container?.publishedPort : container?.publishedPorts?.find(({ name }) => name === named)?.published;
  if (port === undefined || port === null) throw new Error(`services: found no service ${service} with a port`);
  return port;
}

// A service with neither port nor Internet could be reached by nobody: its network has no way out at all.
function networkSettings(service: ServiceConfig): NetworkSettings {
  const name = lastingName(service);
  const internet = service.kind === "container" && service.internet;
  const open = service.kind === "container" && (service.port !== undefined || service.ports.length > 0 || internet);
  return {
    name: internet ? internetNetworkName(name) : networkName(name),
    service: name,
    internal: !open,
    masquerade: internet,
  };
}
