import type { StackConfig } from "../../config/schema";

/** What every host of the stack has, whatever it serves. */
export interface BaselineState {
  readonly hostName: string;
  readonly updates: StackConfig["updates"];
  readonly time: StackConfig["time"];
  readonly journal: StackConfig["journal"];
  readonly banner: string;
  readonly shellIdleSeconds: number;
}

export function baselineState(config: StackConfig, hostName: string): BaselineState {
  const { updates, time, journal, banner } = config;
  return { hostName, updates, time, journal, banner, shellIdleSeconds: config.shell.idleSeconds };
}
