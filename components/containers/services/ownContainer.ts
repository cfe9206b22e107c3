/** The container of a service of one's own. */
import type { ContainerConfig, StackConfig } from "../../config/schema";
import { type ContainerState, limits, networkName, secretFiles, TEMPORARY, volumeName } from "./container";

/** The container that a service runs in. */
export function containerState(config: StackConfig, service: ContainerConfig): ContainerState {
  return {
    service: service.name,
    kind: "container",
    image: service.image,
    user: service.user,
    command: service.command,
    environment: { ...service.environment, ...secretPaths(service) },
    port: service.port ?? null,
    internet: service.internet,
    networks: [networkName(service.name), ...service.uses.map(networkName)],
    volumes: service.volumes.map(({ name, path }) => ({ volume: volumeName(service.name, name), path })),
    bound: secretFiles(config, service.name),
    temporary: { "/tmp": TEMPORARY },
    sharedMemoryMegabytes: 64,
    limits: limits(config, service),
    health: service.health,
    stopSignal: null,
    stopSeconds: 30,
    init: true,
    configuration: [],
  };
}

function secretPaths({ uses, secrets }: ContainerConfig): Readonly<Record<string, string>> {
  const named = (name: string, file: string): [string, string] => [
    `${name.toUpperCase().replaceAll("-", "_")}_FILE`,
    `/run/secrets/${file}`,
  ];
  return Object.fromEntries([
    ...uses.map((database) => named(`${database}-url`, `${database}-url`)),
    ...secrets.map(({ name }) => named(name, name)),
  ]);
}
