/** The container of an application: a service of the operator's own. */
import { containerUser } from "../../config/containerIds";
import { lastingName, lastingServiceName } from "../../config/names";
import type { ContainerConfig, StackConfig } from "../../config/schema";
import {
  AUTHORITY_FILE,
  AUTHORITY_IN_CONTAINER,
  authorityDirectory,
  internetNetworkName,
  networkName,
  SECRETS_IN_CONTAINER,
  volumeName,
} from "../names";
import { databaseVariables, encryptedDatabases } from "../secrets/applicationFiles";
import type { SecretsSettings } from "../secrets/files";
import { ENVIRONMENT_IN_CONTAINER, LAUNCHER_ENTRY_POINT } from "../secrets/launcher";
import { ownerOf } from "../users";
import { type BindMount, type ContainerSettings, limits, secretMounts, temporaryOptions } from "./containerSettings";

/** The container that an application runs in. */
export function applicationContainer(config: StackConfig, secrets: SecretsSettings, service: ContainerConfig): ContainerSettings {
  const lasting = lastingName(service);
  const mounts = secretMounts(secrets, lasting);
  const launched = variableMounts(service, mounts);
  const encrypted = encryptedDatabases(config, service);
  const networkOf = (database: string): string => networkName(lastingServiceName(config, database));
  return {
    service: lasting,
    called: service.name,
    kind: "container",
    image: service.image,
    user: ownerOf(containerUser(service)),
    ...(launched.length === 0 ? {} : { entryPoint: LAUNCHER_ENTRY_POINT }),
    command: service.command,
    environment: { ...service.environment, ...databaseVariables(config, service), ...secretPaths(service), ...authorityPaths(encrypted) },
    port: service.port ?? null,
    ...(service.ports.length === 0 ? {} : { ports: service.ports }),
    internet: service.internet,
    updateOrder: service.updateOrder,
    networks: [service.internet ? internetNetworkName(lasting) : networkName(lasting), ...service.uses.map(networkOf)],
    volumes: service.volumes.map(({ name, path }) => ({ volume: volumeName(lasting, name), path })),
    bindMounts: [
      ...mounts,
      ...launched,
      ...(encrypted.length === 0 ? [] : [{ source: authorityDirectory(lasting), target: AUTHORITY_IN_CONTAINER }]),
    ],
    temporary: { "/tmp": temporaryOptions(service.temporary) },
    sharedMemoryMegabytes: 64,
    limits: limits(config, service),
    health: service.health,
    stopSignal: null,
    stopSeconds: 30,
    init: true,
    configuration: [],
    ...(service.initialize === undefined ? {} : { initialize: service.initialize }),
  };
}

// Each variable is a file of its name, which is the secret's own.
function variableMounts({ secretEnvironment }: ContainerConfig, mounts: readonly BindMount[]): readonly BindMount[] {
  return Object.entries(secretEnvironment).flatMap(([variable, file]) =>
    mounts
      .filter(({ target }) => target === `${SECRETS_IN_CONTAINER}/${file}`)
      .map(({ source }) => ({ source, target: `${ENVIRONMENT_IN_CONTAINER}/${variable}` })),
  );
}

function authorityPaths(databases: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(databases.map((name) => [`${name.toUpperCase().replaceAll("-", "_")}_CA_FILE`, AUTHORITY_FILE]));
}

function secretPaths({ uses, secrets, databaseParts }: ContainerConfig): Readonly<Record<string, string>> {
  const named = (name: string, file: string): [string, string] => [
    `${name.toUpperCase().replaceAll("-", "_")}_FILE`,
    `${SECRETS_IN_CONTAINER}/${file}`,
  ];
  return Object.fromEntries([
    ...uses.map((database) => named(`${database}-url`, `${database}-url`)),
    ...(databaseParts ? uses.map((database) => named(`${database}-password`, `${database}-password`)) : []),
    ...secrets.map(({ name }) => named(name, name)),
  ]);
}
