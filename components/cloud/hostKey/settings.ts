import type { DropletConfig, StackConfig } from "../../config/schema";

/** How a droplet comes to a host key that nobody else has ever had. */
export interface HostKeyState {
  /** The key that it started with, and that this unit replaces. */
  readonly firstHostKey: string;
  readonly deadManSeconds: number;
}

export function hostKeyState({ deadMan }: StackConfig, { firstHostKey }: DropletConfig): HostKeyState {
  return { firstHostKey, deadManSeconds: deadMan.seconds };
}
