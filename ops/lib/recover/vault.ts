/** What a recovery needs of a host's vault: that backups from before the incident are there, and that the former host is cut off. */
import { z } from "zod";
import { KEEPER } from "../../../components/backup/vault/jobs";
import { programCommand } from "../../../components/plan/programs";
import { refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { deployTarget, overSsh, type Patience } from "../ssh";
import { hostJson } from "../terminal";

/** Run by the login of deploys: when each snapshot of a host came, by the vault's own clock. */
export const ARRIVALS_COMMAND = `sudo -n ${programCommand(KEEPER, "arrivals").join(" ")}`;
/** Run by the login of deploys: ends the connections of a host's account, which a key that is taken out leaves open. */
export const CUT_COMMAND = `sudo -n ${programCommand(KEEPER, "cut").join(" ")}`;

/** Run by the login of deploys: whom a host erased, by the entries of its register, and when. */
export const ERASED_COMMAND = `sudo -n ${programCommand(KEEPER, "erased").join(" ")}`;

/** How many snapshots of a host its vault got before a time, and when the last of them came. */
export interface Arrived {
  readonly before: number;
  readonly after: number;
  readonly last: Date | undefined;
}

/** Asks the vault when backups of a host came, by the name that the host keeps. Throws OperatorError where it does not say. */
export async function arrivedBefore(vault: HostAddress, host: string, time: Date | undefined, patience: Patience): Promise<Arrived> {
  const times = Object.values(await asked(vault, `${ARRIVALS_COMMAND} ${host}`, z.record(z.string(), z.number()), patience));
  const counted = time === undefined ? times : times.filter((seconds) => seconds * 1000 < time.getTime());
  const last = counted.reduce((one, other) => Math.max(one, other), 0);
  return { before: counted.length, after: times.length - counted.length, last: counted.length === 0 ? undefined : new Date(last * 1000) };
}

/** Ends what the former host has open at the vault. Throws OperatorError where that cannot be done. */
export async function cutOff(vault: HostAddress, host: string, patience: Patience): Promise<void> {
  await asked(vault, `${CUT_COMMAND} ${host}`, z.literal(true), patience);
}

/** Whom a host erased after a time, by the entries of its register; the first one first. Throws OperatorError where the vault does not say. */
export async function erasedAfter(vault: HostAddress, host: string, time: Date, patience: Patience): Promise<readonly Erased[]> {
  const entries = await asked(vault, `${ERASED_COMMAND} ${host}`, z.record(z.string().regex(/^[0-9a-f]{64}$/), z.number()), patience);
  return Object.entries(entries)
    .map(([entry, seconds]) => ({ entry, at: new Date(seconds * 1000) }))
    .filter(({ at }) => at > time)
    .sort((one, other) => one.at.getTime() - other.at.getTime());
}

/** An erasure, as the record has it: the entry is a keyed hash of whom it was. */
export interface Erased {
  readonly entry: string;
  readonly at: Date;
}

async function asked<T>(vault: HostAddress, command: string, form: z.ZodType<T>, patience: Patience): Promise<T> {
  const { code, stdout, stderr } = await overSsh(deployTarget(vault), command, "", patience);
  if (code !== 0) throw refusalOf(vault, { code, stderr });
  return hostJson(stdout, form);
}
