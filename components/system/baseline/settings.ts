import { rebootTime } from "../../config/calendar";
import type { StackConfig } from "../../config/schema";

/** What every host of the stack has, whatever it serves. */
export interface BaselineSettings {
  readonly hostName: string;
  readonly network: StackConfig["network"];
  readonly updates: StackConfig["updates"];
  readonly time: StackConfig["time"];
  readonly journal: StackConfig["journal"];
  readonly banner: string;
  readonly shellIdleSeconds: number;
}

export function baselineSettings(config: StackConfig, hostName: string): BaselineSettings {
  const { network, updates, time, journal, banner } = config;
  return {
    hostName,
    network,
    updates: { ...updates, rebootTime: rebootTime(config) },
    time,
    journal,
    banner,
    shellIdleSeconds: config.shell.idleSeconds,
  };
}
