import type { DropletConfig, StackConfig } from "../../config/schema";

/** How a droplet comes to a host key that nobody else has ever had. */
export interface HostKeySettings {
  /** The key that it started with, and that this unit replaces. */
  readonly firstHostKey: string;
  readonly deadManSeconds: number;
}

export function hostKeySettings({ deadMan }: StackConfig, { firstHostKey }: DropletConfig): HostKeySettings {
  return { firstHostKey, deadManSeconds: deadMan.seconds };
}
