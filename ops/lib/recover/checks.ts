/** What has to hold before a host is recovered onto another server; nothing is changed by it. */
import { hostDuties } from "../../../components/config/duties";
import { lastingName } from "../../../components/config/names";
import type { HostConfig } from "../../../components/config/schema";
import { confirmedKey, fingerprint, scanHostKey } from "../../commands/adopt";
import { passwordsAt } from "../../commands/restore";
import type { OpenStack } from "../command";
import { OperatorError } from "../errors";
import { type HostAddress, resolveHosts, stackOutputs } from "../hosts";
import { requireRecoveryKey } from "../recovery";
import { type Arrived, arrivedBefore } from "./vault";

/** What is asked for. */
export interface Wanted {
  readonly host: string;
  readonly onto: string;
  readonly before: Date | undefined;
  readonly recoveryKey: string;
}

/** The host of the stack that is to be recovered. Throws OperatorError where that is not what this command can do. */
export function recoverable({ config }: OpenStack, name: string): HostConfig & { readonly kind: "existing" } {
  const host = config.hosts.find((each) => each.name === name);
  const names = config.hosts.filter(({ role, kind }) => role === "application" && kind === "existing").map((each) => each.name);
  if (host === undefined || !hostDuties(config, name).backup)
    throw new OperatorError(
      `HOST: found ${host === undefined ? "another name" : name}, allowed: a host with backups: ${names.join(" or ") || "none"}`,
      3,
    );
  if (host.kind !== "existing")
    throw new OperatorError(
      `HOST: found the droplet ${name}, allowed: an existing server; declare the new one with kind: existing in its place, which keeps the old one, and run pulumi state delete for what Pulumi has of it`,
      2,
    );
  return host;
}

/** The vault of the stack. Throws OperatorError where there is none, or it was never deployed. */
export function vaultOf({ stack, config }: OpenStack): HostAddress {
  const vault = resolveHosts(config, stackOutputs(config, stack)).reachable.find(({ name }) => name === config.backup?.offsite);
  if (vault === undefined)
    throw new OperatorError(
      "backup.offsite: found no vault that can be reached, allowed: one that was deployed; nothing else has the backups",
      3,
    );
  return vault;
}

/** The key of the server that takes the host's place, once a person has confirmed it. Throws OperatorError where another host is there. */
export async function serverKey({ config }: OpenStack, host: HostConfig, onto: string, confirmation: string | undefined): Promise<string> {
  const there = config.hosts.find(({ address }) => address === onto);
  if (there !== undefined)
    throw new OperatorError(
      `--onto: found the address of ${there.name}, allowed: a fresh server of another address; the old one is kept as it is`,
      2,
    );
  const key = await scanHostKey(onto);
  if (config.hosts.some(({ hostKey, formerHostKeys }) => [hostKey, ...formerHostKeys].includes(key)))
    throw new OperatorError(
      `--onto: found a server with a host key that is known of ${host.name} or another host, allowed: a fresh one, which has a key of its own`,
      2,
    );
  const shown = fingerprint(key);
  if (!(await confirmedKey(shown, confirmation)))
    throw new OperatorError(
      `${onto}: nothing was changed. It shows the host key ${shown} (ED25519): compare it with the server's console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then give --host-key ${shown}`,
      1,
    );
  return key;
}

/** That the vault has backups from before the incident, and that the recovery key opens them. Throws OperatorError. */
export async function requireBackups(open: OpenStack, host: HostConfig, { before, recoveryKey }: Wanted): Promise<string> {
  requireRecoveryKey(recoveryKey);
  const vault = vaultOf(open);
  const name = lastingName(host);
  const { patience } = open.context;
  const arrived = await arrivedBefore(vault, name, before, patience);
  if (arrived.last === undefined)
    throw new OperatorError(
      `--before: found no backup of ${host.name} at ${vault.name} that came before, allowed: a later time${arrived.after === 0 ? "" : `; ${String(arrived.after)} snapshots came after it`}`,
      1,
    );
  await passwordsAt(vault, name, recoveryKey, open.context);
  return arrivedText(vault.name, before, arrived, arrived.last);
}

function arrivedText(vault: string, before: Date | undefined, { before: count, after }: Arrived, last: Date): string {
  const came = `${vault} has ${String(count)} snapshots${before === undefined ? "" : " from before the incident"}, the last of ${last.toISOString()} by its own clock`;
  const later = after === 0 ? "" : `; ${String(after)} that came later are left alone`;
  return `${came}${later}; the recovery key opens them`;
}
