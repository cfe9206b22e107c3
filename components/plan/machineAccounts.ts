/** The accounts by which hosts bring their backups to the vault. */
import { lastingName, vaultAccount } from "../config/names";
import type { StackConfig } from "../config/schema";
import type { AbsolutePath } from "./files";
import { programCommand } from "./programs";

/** A machine that may log in, to do one thing. */
export interface MachineAccount {
  /** Name of the account. */
  readonly name: string;
  /** The name that the host that it is for keeps. */
  readonly host: string;
  readonly home: AbsolutePath;
  /** Its line of authorized_keys(5). */
  readonly authorizedKey: string;
}

/** Where the vault keeps what hosts bring. */
export const VAULT_DIRECTORY = "/srv/vault";
/** The command that is all these accounts can run. */
export const VAULT_GATE = programCommand("vault", "gate").join(" ");

/** The accounts that the host `hostName` has for others' backups: none unless it is the off-site target. */
export function machineAccounts(config: StackConfig, hostName: string | undefined): readonly MachineAccount[] {
  const vault = config.hosts.find(({ name }) => name === hostName);
  if (vault === undefined || vault.role !== "vault" || config.backup?.offsite !== vault.name) return [];
  return config.hosts.flatMap((host) => {
    // A droplet's lasting key is declared when it is made.
    if (host.role !== "application" || host.hostKey === undefined) return [];
    const from =
      host.kind === "existing" && vault.address !== undefined && sameFamily(host.address, vault.address) ? `,from="${host.address}"` : "";
    const name = lastingName(host);
    return [
      {
        name: vaultAccount(name),
        host: name,
        home: `${VAULT_DIRECTORY}/${name}`,
        authorizedKey: `restrict${from},command="${VAULT_GATE}" ${host.hostKey} ${name}\n`,
      },
    ];
  });
}

// Names may resolve to both families; then only the key identifies the host.
function sameFamily(one: string, other: string): boolean {
  const family = (address: string): string => (address.includes(":") ? "ipv6" : /^[\d.]+$/.test(address) ? "ipv4" : address);
  return family(one) === family(other) && ["ipv4", "ipv6"].includes(family(one));
}
