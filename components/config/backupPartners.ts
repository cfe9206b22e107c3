/** Who brings backups to whom. */
import { canonicalAddress, familyOf } from "./network";
import type { StackConfig } from "./schema";

/**
 * Addresses of whom a host brings backups to, or takes them from; empty for a stack without a vault. Whatever keeps one of them out keeps
 * hosts without off-site backups, and a lost one from its restore. A droplet's address is not declared, and a name may be another's.
 */
export function backupPartners({ hosts, backup }: StackConfig, hostName: string | undefined): readonly string[] {
  const isVault = hostName === backup?.offsite;
  return hosts
    .filter(
      ({ name }) => backup?.offsite !== undefined && hostName !== undefined && (isVault ? name !== hostName : name === backup.offsite),
    )
    .flatMap(({ address }) => (address === undefined || familyOf(address) === undefined ? [] : [canonicalAddress(address)]));
}
