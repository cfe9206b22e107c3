/** Databases as services: who uses them, and the containers that they run in. */
import { containerUser } from "../../config/containerIds";
import { lastingName } from "../../config/names";
import type { DatabaseConfig, StackConfig } from "../../config/schema";
import { CONFIGURATION_DIRECTORY, CONFIGURATION_IN_CONTAINER, networkName, volumeName } from "../names";
import type { SecretsSettings } from "../secrets/files";
import { phiDatabases } from "../secrets/phiMaster";
import { type ContainerSettings, limits, secretMounts } from "../services/containerSettings";
import { ownerOf } from "../users";
import type { DatabaseSettings, DatabaseTuning } from "./engine";
import { ENGINES } from "./engines";

/** A database of the configuration, with its users. */
export function databaseSettings(config: StackConfig, database: DatabaseConfig): DatabaseSettings {
  const { kind, image, memoryMegabytes, epoch } = database;
  const name = lastingName(database);
  const users = usersOf(config, database);
  const user = containerUser(database);
  const tuning = tuningOf(database);
  return {
    kind,
    name,
    container: name,
    image,
    volume: volumeName(name, "data"),
    user,
    memoryMegabytes,
    ...tuning,
    users: users.map(({ service, extensions }) => ({ service, epoch, ...(extensions.length === 0 ? {} : { extensions }) })),
    databases: ENGINES[kind].databases(users.map(({ service }) => service)),
    files: ENGINES[kind].files({ user, memoryMegabytes, ...tuning }),
    ...(database.unencrypted === undefined ? {} : { unencrypted: database.unencrypted }),
    ...(phiDatabases(config).some(({ container }) => container === name) ? { phi: true } : {}),
  };
}

interface DatabaseUser {
  readonly service: string;
  readonly extensions: readonly string[];
}

function usersOf(config: StackConfig, { name, kind }: DatabaseConfig): readonly DatabaseUser[] {
  return config.services.flatMap((service) =>
    service.kind === "container" && service.uses.includes(name)
      ? [{ service: lastingName(service), extensions: kind === "postgres" ? service.extensions : [] }]
      : [],
  );
}

// Only what is another than the default: what nobody chose is no part of a container's definition.
function tuningOf(database: DatabaseConfig): DatabaseTuning {
  if (database.kind === "redis") return database.profile === "sessions" ? {} : { profile: database.profile };
  const { settings, sharedMemoryMegabytes } = database;
  return {
    ...(Object.values(settings).every((value) => value === undefined) ? {} : { settings }),
    ...(sharedMemoryMegabytes === undefined ? {} : { sharedMemoryMegabytes }),
  };
}

/** The container that a database runs in. */
export function databaseContainer(config: StackConfig, secrets: SecretsSettings, database: DatabaseConfig): ContainerSettings {
  const { kind, image, memoryMegabytes } = database;
  const name = lastingName(database);
  const engine = ENGINES[kind];
  const user = containerUser(database);
  const tuning = tuningOf(database);
  const { dataPath, bindMounts, ...parts } = engine.container({ name, user, memoryMegabytes, ...tuning });
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
    configuration: engine.files({ user, memoryMegabytes, ...tuning }),
  };
}
