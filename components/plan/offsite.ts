/** Where a host brings what is to be kept elsewhere: its vault. */
import { lastingName, vaultAccount } from "../config/names";
import type { HostConfig, StackConfig } from "../config/schema";
import { SSH_PORT } from "./places";

/** Where the second copy goes. */
export interface OffsiteSettings {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The vault's pinned host key. */
  readonly hostKey: string;
}

/** Who brings backups and who takes them know each other by their host keys. A droplet makes its own when it is made: until that is
 * declared, its backups stay at home, and a policy says so. */
export function offsiteSettings({ hosts, backup }: StackConfig, own: HostConfig): OffsiteSettings | null {
  const vault = hosts.find(({ name }) => name === backup?.offsite);
  if (vault?.address === undefined || vault.hostKey === undefined || own.hostKey === undefined) return null;
  return { address: vault.address, port: SSH_PORT, user: vaultAccount(lastingName(own)), hostKey: vault.hostKey };
}
