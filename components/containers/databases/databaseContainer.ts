/** Databases as services: who uses them, and the containers that they run in. */
import { containerUser } from "../../config/containerIds";
import { lastingName } from "../../config/names";
import type { DatabaseConfig, StackConfig } from "../../config/schema";
import { CONFIGURATION_DIRECTORY, CONFIGURATION_IN_CONTAINER, networkName, volumeName } from "../names";
import type { SecretsSettings } from "../secrets/files";
import { type ContainerSettings, limits, secretMounts } from "../services/containerSettings";
import { ownerOf } from "../users";
import type { DatabaseSettings } from "./engine";
import { ENGINES } from "./engines";

/** A database of the configuration, with its users. */
export function databaseSettings(config: StackConfig, database: DatabaseConfig): DatabaseSettings {
  const { kind, image, memoryMegabytes, epoch } = database;
  const name = lastingName(database);
  const users = usersOf(config, database.name);
  const user = containerUser(database);
  return {
    kind,
    name,
    container: name,
    image,
    volume: volumeName(name, "data"),
    user,
    memoryMegabytes,
    users: users.map((service) => ({ service, epoch })),
    databases: ENGINES[kind].databases(users),
    files: ENGINES[kind].files({ user, memoryMegabytes }),
  };
}

function usersOf(config: StackConfig, database: string): readonly string[] {
  return config.services.flatMap((service) =>
    service.kind === "container" && service.uses.includes(database) ? [lastingName(service)] : [],
  );
}

/** The container that a database runs in. */
export function databaseContainer(config: StackConfig, secrets: SecretsSettings, database: DatabaseConfig): ContainerSettings {
  const { kind, image, memoryMegabytes } = database;
  const name = lastingName(database);
  const engine = ENGINES[kind];
  const user = containerUser(database);
  const { dataPath, bindMounts, ...parts } = engine.container({ name, user, memoryMegabytes });
  const configuration = { source: `${CONFIGURATION_DIRECTORY}/${name}`, target: CONFIGURATION_IN_CONTAINER };
  return {
    ...parts,
    service: name,
    called: database.name,
    kind,
    image,
    user: ownerOf(user),
    port: null,
    internet: false,
    updateOrder: "start-first",
    networks: [networkName(name)],
    volumes: [{ volume: volumeName(name, "data"), path: dataPath }],
    bindMounts: [configuration, ...bindMounts, ...secretMounts(secrets, name)],
    limits: limits(config, database),
    init: false,
    configuration: engine.files({ user, memoryMegabytes }),
  };
}
