/**
 * `phiward restore`: brings back everything, one database or one file of a host, from its own backups or from the vault. The host
 * does the work and keeps the record of who and why; a new host needs the vault, the owner's recovery key and, in its configuration, the
 * host key of the one that it replaces.
 */
import { userInfo } from "node:os";
import { z } from "zod";
import { BACKUP, CLEAN_UP } from "../../components/backup/backup/jobs";
import { restoreConsent } from "../../components/backup/backup/restores";
import { KEEPER } from "../../components/backup/vault/jobs";
import { lastingName, lastingServiceName, namesOf } from "../../components/config/names";
import type { StackConfig } from "../../components/config/schema";
import { volumeName } from "../../components/containers/names";
import { programCommand } from "../../components/plan/programs";
import { hostOf, type ReportOptions, report, resolvedStack } from "../lib/command";
import type { StackContext } from "../lib/context";
import { OperatorError } from "../lib/errors";
import { type HostAddress, hostAddresses } from "../lib/hosts";
import { withProgress } from "../lib/progress";
import { openEscrows, openSealed, requireRecoveryKey } from "../lib/recovery";
import { type Approval, approvalOf, asker, keepRequest, requestText, signRequest } from "../lib/restoreRequests";
import { deployTarget, overSsh, type SshTarget } from "../lib/ssh";
import { hostJson } from "../lib/terminal";
import { timeOf } from "./audit";
import { erasurePlace } from "./subject";

/** What is to be restored, and on whose word. */
export interface RestoreRequest {
  /** `all`, `database:NAME`, `volume:SERVICE/NAME` or `file:/PATH`. */
  readonly what: string;
  readonly from: "local" | "offsite";
  readonly who: string;
  readonly why: string;
  /** Id of a backup run or of one of its snapshots; the newest complete run without it. */
  readonly snapshot?: string;
  /** ISO 8601: of the runs, those alone count that were there before. */
  readonly before?: string;
  /** Directory of the host that a file is restored into, instead of its original path. */
  readonly into?: string;
  /** Whether a backup will do that this host did not sign, such as one of an earlier version; on record. */
  readonly unsigned?: boolean;
  /** File with the owner's recovery key: opens the passwords that were sealed for a host which is no more. */
  readonly recoveryKey?: string;
  /** Whether one person's word has to do where two are declared: at once, on record, and with an alert. */
  readonly emergency?: boolean;
  /** Why a database may come back in which erased persons cannot be erased again; on record, and with an alert. */
  readonly withoutErasures?: string;
}

/** What two people signed: the host does what it says, and nothing that is said beside it. */
export interface ApprovedRestore {
  readonly approval: Approval;
  readonly recoveryKey?: string;
}

/** The answer of a host that restored. */
export const restoreAnswer = z.object({
  run: z.string(),
  takenAt: z.string(),
  databases: z.record(z.string(), z.object({ tables: z.number(), rows: z.number() })),
  files: z.number(),
  kept: z.array(z.string()),
  seconds: z.number(),
  signed: z.boolean(),
  passedOver: z.array(z.string()),
  returned: z.array(z.string()).optional(),
  masters: z.array(z.string()).optional(),
});
/** What a restore did. */
export type RestoreAnswer = z.infer<typeof restoreAnswer>;
// In place of it, where two people have to sign first.
const requestMade = z.strictObject({ request: z.string() });
// And where patients' columns need keys that only the recovery key opens: their escrows.
const escrowsOf = z.strictObject({ sealed: z.record(z.string(), z.string()) });

// In a separate systemd unit, which outlives this connection.
/** Run by the login of deploys. */
export const RESTORE_COMMAND = `sudo -n systemd-run --quiet --pipe --wait --collect --description=Restore "--property=ExecStopPost=${CLEAN_UP}" ${programCommand(BACKUP, "restore").join(" ")}`;
const RESTORES = "/var/log/phiward/restores.log";
/** Run by the login of deploys. */
export const LAST_RESTORE_COMMAND = `sudo -n ${programCommand(BACKUP, "last-restore").join(" ")}`;
/** Run by the login of deploys. */
export const SEALED_COMMAND = `sudo -n ${programCommand(KEEPER, "sealed").join(" ")}`;

/** Restores on a host. Throws OperatorError with the host's own sentence where it refuses; nothing is replaced then. */
export async function restore(
  config: StackConfig,
  host: HostAddress,
  request: RestoreRequest | ApprovedRestore,
  context: Pick<StackContext, "patience">,
  hosts: readonly HostAddress[] = hostAddresses(config),
): Promise<RestoreAnswer> {
  const answer = await restoreOrAsk(config, host, request, context, hosts);
  if ("request" in answer) throw new OperatorError(`${host.name}: two people have to sign a restore over live data first`, 1);
  return answer;
}

/** The same, or the text of the request that two people have to sign first; nothing is changed then. */
export async function restoreOrAsk(
  config: StackConfig,
  host: HostAddress,
  request: RestoreRequest | ApprovedRestore,
  context: Pick<StackContext, "patience">,
  hosts: readonly HostAddress[] = hostAddresses(config),
): Promise<RestoreAnswer | z.infer<typeof requestMade>> {
  const { recoveryKey, ...given } = request;
  const asked = "what" in given ? { ...given, what: lastingWhat(config, given.what) } : given;
  const own = config.hosts.find(({ name }) => name === host.name);
  const vault = hosts.find(({ name }) => name === config.backup?.offsite);
  const passwords =
    recoveryKey === undefined ? [] : await passwordsAt(vault, own === undefined ? host.name : lastingName(own), recoveryKey, context);
  const target = deployTarget(host);
  // Only the way there is tried again: a restore that has begun goes on by itself.
  const first = await overSsh(target, "true", "", context.patience);
  if (first.code !== 0) throw new OperatorError(`${host.name}: ${first.stderr.trim()}`, 2);
  const send = (masters: Readonly<Record<string, string>>): Promise<Answered> =>
    sent(host.name, target, { ...asked, passwords, ...(recoveryKey === undefined ? {} : { masters }) }, context);
  const answer = await send({});
  if (!("sealed" in answer)) return answer;
  const again = recoveryKey === undefined ? answer : await send(await openEscrows(host.name, answer.sealed, recoveryKey));
  if ("sealed" in again) throw new OperatorError(`${host.name}: found another answer than a host gives, allowed: what it restored`, 2);
  return again;
}

type Answered = RestoreAnswer | z.infer<typeof requestMade> | z.infer<typeof escrowsOf>;

async function sent(host: string, target: SshTarget, request: object, { patience }: Pick<StackContext, "patience">): Promise<Answered> {
  const answer = await overSsh(target, RESTORE_COMMAND, JSON.stringify(request), { ...patience, retries: 0 });
  // Of a killed unit systemd-run(1) says the same as ssh(1) of a connection that was cut.
  if (answer.code === 255) {
    const { stdout } = await overSsh(target, LAST_RESTORE_COMMAND, "", patience);
    throw new OperatorError(`${host}: ${cutOff(stdout)}`, 2);
  }
  if (answer.code !== 0) throw new OperatorError(`${host}: ${answer.stderr.trim().replace(/^phiward: /, "")}`, answer.code === 1 ? 1 : 2);
  return hostJson(answer.stdout, z.union([requestMade, escrowsOf, restoreAnswer]), ["request", "sealed"]);
}

/**
 * What the host calls what is to be restored: the database of a service that was renamed goes by the first name, and so does a volume.
 * Throws OperatorError where the stack has no such volume.
 */
export function lastingWhat(config: StackConfig, what: string): string {
  const volume = /^volume:(.*)$/.exec(what)?.[1];
  if (volume !== undefined) return `volume:${volumeOf(config, volume)}`;
  const name = /^database:(.+)$/.exec(what)?.[1];
  return name === undefined ? what : `database:${lastingServiceName(config, name)}`;
}

function volumeOf(config: StackConfig, asked: string): string {
  const all = config.services.flatMap((service) =>
    service.kind === "container"
      ? service.volumes.flatMap((volume) =>
          namesOf(service).map((name) => [`${name}/${volume.name}`, volumeName(lastingName(service), volume.name)] as const),
        )
      : [],
  );
  const found = all.find(([name]) => name === asked);
  if (found !== undefined) return found[1];
  const allowed = all.map(([name]) => `volume:${name}`).join(", ");
  throw new OperatorError(
    `--what: found a volume that is not declared, allowed: ${allowed === "" ? "no volume, since no service has one" : allowed}`,
    3,
  );
}

/** How a restore ended whose answer did not arrive, by the last line of the record of restores. */
export function cutOff(record: string): string {
  const event = lastEvent(record);
  if (event === "killed") return `the restore was killed, and what it had fetched is removed. Nothing goes on: run it again`;
  if (event === "begun") return `the connection was cut. The restore goes on without it; how it ends is in ${RESTORES} on the host`;
  return `the connection was cut. ${event === undefined ? "How the restore ends is" : `The last restore is on record as ${event}; more is`} in ${RESTORES} on the host`;
}

function lastEvent(record: string): string | undefined {
  try {
    return z.object({ event: z.enum(["asked", "refused", "begun", "done", "failed", "killed"]) }).parse(JSON.parse(record)).event;
  } catch {
    return undefined;
  }
}

/** The passwords that a host, by the name that it keeps, stored on its vault, opened here; newest first. */
export async function passwordsAt(
  vault: HostAddress | undefined,
  host: string,
  recoveryKey: string,
  context: Pick<StackContext, "patience">,
): Promise<readonly string[]> {
  if (vault === undefined)
    throw new OperatorError("backup.offsite: found nothing, allowed: a host of the role vault; without one there is no sealed password", 3);
  const { code, stdout, stderr } = await overSsh(deployTarget(vault), `${SEALED_COMMAND} ${host}`, "", context.patience);
  if (code !== 0) throw new OperatorError(`${vault.name}: ${stderr.trim().replace(/^phiward: /, "")}`, 2);
  const sealed = z.array(z.string()).parse(JSON.parse(stdout));
  const opened = await Promise.all(sealed.map((text) => openSealed(text, recoveryKey)));
  const passwords = opened.filter((password) => password !== undefined);
  if (passwords.length === 0)
    throw new OperatorError(
      `--recovery-key: ${recoveryKey} opens none of the ${String(sealed.length)} passwords that ${host} stored on ${vault.name}; give the file of the key whose public half is recovery.publicKey`,
      2,
    );
  return passwords;
}

/** What a restore did, for people. */
export function restoreText(host: string, answer: RestoreAnswer): string {
  const databases = Object.entries(answer.databases).map(
    ([name, { tables, rows }]) => `database ${name}: ${String(rows)} rows in ${String(tables)} tables, the same as were backed up`,
  );
  return [
    `${host}: restored the backup of ${answer.takenAt} (${answer.run}) in ${String(answer.seconds)} s`,
    ...(answer.signed ? [] : ["nobody signed this backup: nothing proves that it is this host's"]),
    ...databases,
    `${String(answer.files)} files restored`,
    ...answer.kept.map((name) => `kept, until you remove it: ${name}`),
    ...(answer.kept.length === 0 ? [] : ["npx phiward backup lists all that restores kept, with the commands that remove it"]),
    ...(answer.returned ?? []).map(
      (place) => `${erasurePlace(place)}: persons who were erased may be back in it. Erase them again: npx phiward subject again`,
    ),
    ...(answer.masters ?? []).map(
      (name) => `${name} came back from its escrow, and patients' columns open: npx phiward up escrows it again`,
    ),
    ...answer.passedOver.map((why) => `newer, and passed over: ${why}`),
  ].join("\n");
}

/** Options of `phiward restore`. */
export interface RestoreOptions extends ReportOptions {
  readonly host: string;
  readonly what?: string;
  readonly from: "local" | "offsite";
  readonly why?: string;
  /** Who asks for it; without it whose key is at hand, or the operator's user name here. */
  readonly who?: string;
  readonly snapshot?: string;
  readonly before?: string;
  readonly into?: string;
  readonly unsigned?: boolean;
  readonly recoveryKey?: string;
  readonly emergency?: boolean;
  readonly withoutErasures?: string;
  /** A colleague's request, to be signed. */
  readonly sign?: string;
  /** The second person's signature, beside the request that it is of. */
  readonly approval?: string;
}

/** `phiward restore`. */
export async function restoreCommand(options: RestoreOptions): Promise<number> {
  const { recoveryKey, sign, approval } = options;
  const stack = resolvedStack(options);
  const host = hostOf(stack, options.host, ["application"]);
  // Before anything is dialled.
  if (recoveryKey !== undefined) requireRecoveryKey(recoveryKey);
  if (sign !== undefined) {
    const path = signRequest(stack.config, host, sign, options.key);
    report(options.json, { host: host.name, signature: path }, `${path}: who asks for it carries it out with --approval ${path}`);
    return 0;
  }
  const request =
    approval === undefined
      ? requestOf(options, stack.config)
      : {
          approval: approvalOf(stack.config, host, approval, options.key),
          ...(recoveryKey === undefined ? {} : { recoveryKey }),
        };
  const answer = await withProgress(`${host.name}: restoring`, () => restoreOrAsk(stack.config, host, request, stack.context, stack.hosts));
  if ("request" in answer) {
    const path = keepRequest(host, answer.request);
    report(options.json, { host: host.name, request: path }, requestText(host.name, path));
    return 1;
  }
  report(options.json, { host: host.name, ...answer }, restoreText(host.name, answer));
  return 0;
}

function requestOf(options: RestoreOptions, config: StackConfig): RestoreRequest {
  const { what, from, why, who, snapshot, before, into, unsigned, recoveryKey, emergency, withoutErasures } = options;
  if (what === undefined || why === undefined)
    throw new OperatorError(
      `--${what === undefined ? "what" : "why"}: found nothing, allowed: ${what === undefined ? "all, database:NAME, volume:SERVICE/NAME or file:/PATH" : "the reason, in words"}`,
      2,
    );
  const isSigned = restoreConsent(config).people > 1 && into === undefined && recoveryKey === undefined && emergency !== true;
  return {
    ...{ what, from, why },
    who: who ?? (isSigned ? asker(config, options.key) : userInfo().username),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(before === undefined ? {} : { before: timeOf("--before", before).toISOString() }),
    ...(into === undefined ? {} : { into }),
    ...(unsigned === undefined ? {} : { unsigned }),
    ...(recoveryKey === undefined ? {} : { recoveryKey }),
    ...(emergency === undefined ? {} : { emergency }),
    ...(withoutErasures === undefined ? {} : { withoutErasures }),
  };
}
