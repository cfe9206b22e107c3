/** The steps of a recovery: each is done once, and what is left of an interrupted one is done by the next call. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { lastingName } from "../../../components/config/names";
import { adopt } from "../../commands/adopt";
import { LAST_RESTORE_COMMAND, type RestoreAnswer, restore, restoreAnswer, restoreText } from "../../commands/restore";
import { anyFailed, resultTable, verifyHosts } from "../../commands/verify";
import { type OpenStack, openStack, type StackOptions } from "../command";
import { OperatorError } from "../errors";
import { replaceFile } from "../fileEdits";
import { type HostAddress, namedHost, resolveHosts, stackOutputs } from "../hosts";
import { sendImages } from "../images";
import { deployTarget, overSsh } from "../ssh";
import { print } from "../terminal";
import { vaultOf } from "./checks";
import type { Recovery } from "./course";
import { deployStack, requireApplied } from "./deploys";
import { withOpened } from "./hostInFile";
import { cutOff, type Erased, erasedAfter } from "./vault";

/** How the new server is reached and what is brought to it. */
export interface RecoverWith extends StackOptions {
  readonly login?: string;
  readonly remove: readonly string[];
  readonly images: readonly string[];
  readonly recoveryKey: string;
}

/** Prepares the new server, as `phiward adopt` does. */
export async function adoptIt(options: RecoverWith, host: string): Promise<string> {
  const { config, context } = openStack(options);
  const own = namedHost(config, config.hosts, host, ["application"]);
  const { login, remove } = options;
  const { identity } = context.patience;
  const how = { ...(login === undefined ? {} : { login }), ...(identity === undefined ? {} : { identity }), remove, say: print };
  const state = await adopt(config, own, how);
  await sendImages(own, options.images, context.patience, print);
  return `the server is ${state}`;
}

/** Deploys with the public ports closed; checks that wait for the data fail, and nothing else may be left. */
export async function deployClosed(options: RecoverWith): Promise<string> {
  const open = openStack(options);
  const code = await deployStack(open, options.key);
  if (code === 0) return "everything is applied, and its public ports are closed";
  await requireApplied(open);
  return "everything is applied, and its public ports are closed; checks that wait for the data fail until then";
}

/** Ends what the old host has open at the vault: its key opens nothing any more, since the deploy brought the new one. */
export async function cutOldHost(options: RecoverWith, host: string): Promise<string> {
  const open = openStack(options);
  const vault = vaultOf(open);
  const own = namedHost(open.config, open.config.hosts, host, ["application"]);
  await cutOff(vault, lastingName(own), open.context.patience);
  return `${vault.name} knows the new host's key alone, and the old one's connections are ended`;
}

/** Brings all data back. A restore that was under way is waited for, and one that is done is not done again. */
export async function bringBack(options: RecoverWith, { host, before, why, who }: Recovery): Promise<string> {
  const { config, context } = openStack(options);
  const own = addressOf({ stack: options.stack, config, context }, host);
  const known = await endedRestore(own, context.patience);
  if (known !== undefined) return restoreText(host, known);
  const request = { what: "all", from: "offsite", who, why, recoveryKey: options.recoveryKey } as const;
  const answer = await restore(config, own, { ...request, ...(before === null ? {} : { before }) }, context).catch(
    async (error: unknown) => {
      const ended = error instanceof OperatorError && error.code === 2 ? await endedRestore(own, context.patience) : undefined;
      if (ended === undefined) throw error;
      return ended;
    },
  );
  return restoreText(host, answer);
}

/** Who was erased after the backup that came back, by the record at the vault: their data came back with it. */
export async function erasedSince(options: RecoverWith, host: string): Promise<readonly Erased[]> {
  const { config, context } = openStack(options);
  const open = { stack: options.stack, config, context };
  const own = namedHost(config, config.hosts, host, ["application"]);
  const known = await endedRestore(addressOf(open, host), context.patience);
  if (known === undefined) throw new OperatorError(`${host}: its restore is not on record; the same command goes on with it`, 1);
  return erasedAfter(vaultOf(open), lastingName(own), new Date(known.takenAt), context.patience);
}

/** What is said where no erasure is lost. */
export const NOBODY_ERASED = "nobody was erased after that backup, as the record at the vault has it";

/** The same, for people. */
export function erasedText(host: string, erased: readonly Erased[], { before }: Pick<Recovery, "before">): readonly string[] {
  const late = before === null ? 0 : erased.filter(({ at }) => at > new Date(before)).length;
  return erased.length === 0
    ? [NOBODY_ERASED]
    : [
        `${String(erased.length)} persons were erased after that backup, and are back: erase each again (npx phiward subject erase REF), whose request is of about that time${late === 0 ? "" : `; ${String(late)} of it came after the incident began, and may be an intruder's: ask who asked for it`}`,
        ...erased.map(({ entry, at }) => `  ${host}: ${at.toISOString().slice(0, 16)}Z, ${entry.slice(0, 16)}`),
      ];
}

/** Deploys once more, which asks every check inside at its end: all that was waiting for the data is there. */
export async function settle(options: RecoverWith): Promise<string> {
  await requireDeployed(openStack(options), options.key);
  return "everything is applied, and all checks pass inside the hosts";
}

/** Opens the public ports, deploys and verifies from inside and from outside. */
export async function openPorts(options: RecoverWith, host: string): Promise<string> {
  const { file } = openStack(options).context;
  const text = readFileSync(file, "utf8");
  if (openStack(options).config.hosts.some(({ name, closed }) => name === host && closed)) replaceFile(file, withOpened(file, text, host));
  const open = openStack(options);
  await requireDeployed(open, options.key);
  return `its public ports are open; ${await verified(open)}`;
}

async function requireDeployed(open: OpenStack, key: string | undefined): Promise<void> {
  const code = await deployStack(open, key);
  if (code !== 0) throw new OperatorError("the deploy failed, as it says above; the same command goes on with it", 1);
}

async function verified(open: OpenStack): Promise<string> {
  const hosts = resolveHosts(open.config, stackOutputs(open.config, open.stack)).reachable;
  const { hosts: results, unanswered } = await verifyHosts({ ...open, hosts });
  if (unanswered.length > 0) throw new OperatorError(unanswered.map(({ reason }) => reason).join("\n"), 2);
  if (anyFailed(results)) throw new OperatorError(resultTable(results), 1);
  const count = results.reduce((sum, { results: checks }) => sum + checks.filter(({ status }) => status === "pass").length, 0);
  return `${String(count)} checks pass, and none fails`;
}

function addressOf(open: OpenStack, host: string): HostAddress {
  return namedHost(open.config, resolveHosts(open.config, stackOutputs(open.config, open.stack)).reachable, host, ["application"]);
}

// A restore goes on by itself where its connection was cut. On a new server there is none but this recovery's own.
async function endedRestore(host: HostAddress, patience: OpenStack["context"]["patience"]): Promise<RestoreAnswer | undefined> {
  for (;;) {
    const { code, stdout, stderr } = await overSsh(deployTarget(host), LAST_RESTORE_COMMAND, "", patience);
    if (code !== 0) throw new OperatorError(`${host.name}: ${stderr.trim()}`, 2);
    const last = record.safeParse(parsed(stdout)).data;
    if (last?.event === "done") return restoreAnswer.safeParse(last).data;
    if (last?.event !== "begun") return undefined;
    await sleep(POLL_MS);
  }
}

const POLL_MS = 5000;
const record = z.looseObject({ event: z.string(), what: z.literal("all"), from: z.literal("offsite") });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
