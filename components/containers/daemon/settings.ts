import type { StackConfig } from "../../config/schema";
import type { DatabaseState } from "../services/database";
import { databasesOf, type ServicesState, servicesState } from "../services/model";

/** The container engine of a host, and what must be there before its containers. */
export interface DockerState {
  readonly logs: { readonly maxMegabytes: number; readonly files: number };
  /** Where container networks are cut from, /24 each. */
  readonly addressPool: string;
  readonly services: ServicesState;
  readonly databases: readonly DatabaseState[];
}

/** Takes the container engine's part out of the configuration. */
export function dockerState(config: StackConfig): DockerState {
  return {
    logs: config.docker.logs,
    addressPool: config.docker.addressPool,
    services: servicesState(config),
    databases: databasesOf(config),
  };
}
