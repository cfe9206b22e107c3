import type { DatabaseSettings } from "../databases/engine";
import type { StackModel } from "../model";
import type { OutputSettings } from "../output";
import { type RegistryLogin, registryLogins } from "../registryLogins";
import { type ServiceDataSettings, serviceDataSettings } from "../serviceData";
import type { ServicesSettings } from "../services/containerSettings";
import { servicesSettings } from "../services/settings";

/** The Docker daemon of a host, and what must be there before its containers. */
export interface DockerSettings {
  readonly logs: OutputSettings;
  /** Where container networks are cut from, /24 each. */
  readonly addressPool: string;
  readonly services: ServicesSettings;
  readonly databases: readonly DatabaseSettings[];
  readonly data: ServiceDataSettings;
  /** Logins by which it pulls images. */
  readonly registries: readonly RegistryLogin[];
}

/** An upgrade of the daemon restarts it, and an operator decides when: apt holds these, in the order in which apt-mark(8) prints them. */
export const APT_HELD_PACKAGES: readonly string[] = ["containerd", "docker-cli", "docker.io", "runc"];

export function dockerSettings(stack: StackModel): DockerSettings {
  const { logs, addressPool } = stack.config.docker;
  return {
    logs,
    addressPool,
    services: servicesSettings(stack),
    databases: stack.containers.databaseSettings,
    data: serviceDataSettings(stack),
    registries: registryLogins(stack.config),
  };
}
