/**
 * `phiward recover HOST --onto ADDRESS`: another server takes the place of a host that is lost or that somebody else has been root on, with the data
 * of the last backup from before. The old one is left as it is, for evidence, and cut off from the vault.
 */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { openStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { replaceFile } from "../lib/fileEdits";
import { personOf } from "../lib/person";
import { recoverable, requireBackups, serverKey } from "../lib/recover/checks";
import { Course, courseBeside, type Recovery, recoveryUnderWay } from "../lib/recover/course";
import { withNewServer } from "../lib/recover/hostInFile";
import { keepOut, leftOfKeepOut, warnOfLocked } from "../lib/recover/keepOut";
import { changedLines } from "../lib/recover/lines";
import {
  adoptIt,
  bringBack,
  cutOldHost,
  deployClosed,
  erasedSince,
  erasedText,
  NOBODY_ERASED,
  openPorts,
  type RecoverWith,
  settle,
} from "../lib/recover/steps";
import { withRaised } from "../lib/secrets/epochs";
import { type Rotations, rotationOfAll } from "../lib/secrets/rotations";
import { print } from "../lib/terminal";
import { timeOf } from "./audit";
import { leftToPeople } from "./secretsRotate";

/** Options of `phiward recover`. */
export interface RecoverOptions extends StackOptions {
  readonly onto: string;
  readonly before?: string;
  readonly recoveryKey: string;
  readonly why: string;
  /** Who has the new server keep out what others do. */
  readonly as?: string;
  /** Fingerprint of the new server's host key, as its own console shows it. */
  readonly hostKey?: string;
  readonly login?: string;
  readonly remove?: readonly string[];
  readonly images?: readonly string[];
  /** The host's name once more. */
  readonly confirm?: string;
}

/** `phiward recover`. */
export async function recoverCommand(name: string, options: RecoverOptions): Promise<number> {
  const open = openStack(options);
  const person = personOf(open.config, options.as, "sudo");
  const path = courseBeside(open.context.file, options.stack, name);
  const say = (line: string): void => {
    print(`${new Date().toISOString().slice(11, 19)} ${line}`);
  };
  const under = recoveryUnderWay(path);
  const course = under === undefined ? await begun(name, path, options, say) : goneOn(new Course(path, under, say), options, path);
  const recovery = course.of;
  const how: RecoverWith = { ...options, remove: options.remove ?? [], images: options.images ?? [] };
  await course.step("file", () => Promise.resolve(changeFile(options, recovery)));
  await course.step("adopt", () => adoptIt(how, name));
  await course.step("deploy", () => deployClosed(how));
  await course.step("cut off", () => cutOldHost(how, name));
  await course.step("keep out", () => keepOut(how, name, person));
  await course.step("restore", () => bringBack(how, recovery));
  await course.step("erasures", async () => erasedText(name, await erasedSince(how, name), recovery).join("; "));
  await course.step("verify", () => settle(how));
  // What came back with the data, as tokens of an application, and what was kept out meanwhile.
  await course.step("keep out again", () => keepOut(how, name, person));
  await course.step("open", () => openPorts(how, name));
  print(`${name} is recovered onto ${recovery.onto}:\n${course.end()}`);
  const said = (step: string): string => course.of.steps.find((one) => one.name === step)?.said ?? "";
  const left = { erased: said("erasures"), keptOut: said("keep out again") };
  print(whatIsLeft(name, options, rotationOfAll(openStack(options).config), left).join("\n"));
  return 0;
}

async function begun(name: string, path: string, options: RecoverOptions, say: (line: string) => void): Promise<Course> {
  const start = performance.now();
  const { onto, why } = options;
  if (why.trim() === "") throw new OperatorError("--why: found nothing, allowed: the reason, in words; a restore is on record with it", 2);
  const before = options.before === undefined ? undefined : timeOf("--before", options.before);
  if (before !== undefined && before.getTime() > Date.now())
    throw new OperatorError("--before: found a time to come, allowed: when the incident began, or earlier", 2);
  const open = openStack(options);
  const host = recoverable(open, name);
  const hostKey = await serverKey(open, host, onto, options.hostKey);
  const backups = await requireBackups(open, host, { host: name, onto, before, recoveryKey: options.recoveryKey });
  const { file } = open.context;
  const text = readFileSync(file, "utf8");
  const recovery: Recovery = {
    ...{ host: name, onto, hostKey, before: before?.toISOString() ?? null, why, who: userInfo().username },
    ...{ began: new Date().toISOString(), ended: null },
    steps: [{ name: "check", seconds: Math.round((performance.now() - start) / 100) / 10, said: backups }],
  };
  say(`check: ${backups}`);
  for (const line of await warnOfLocked(options)) say(`check: ${line}`);
  if (before === undefined) say("check: without --before the newest backup counts, and with it whatever was changed before");
  print(
    [
      `${file} is going to be changed:`,
      ...changedLines(text, fileAfter(open.context.file, text, recovery, rotationOfAll(open.config))),
    ].join("\n"),
  );
  if (options.confirm !== name)
    throw new OperatorError(
      `--confirm: found ${options.confirm === undefined ? "nothing" : "another name"}, allowed: ${name}; nothing was changed. With it ${onto} takes the place of ${name}, and the old server is left as it is`,
      2,
    );
  const course = new Course(path, recovery, say);
  course.begin();
  return course;
}

function goneOn(course: Course, { onto, before }: RecoverOptions, path: string): Course {
  const { host, onto: known, before: time, began } = course.of;
  const asked = before === undefined ? null : timeOf("--before", before).toISOString();
  if (onto !== known || asked !== time)
    throw new OperatorError(
      `${host}: its recovery onto ${known}${time === null ? "" : ` by what was there before ${time}`} was begun at ${began} and is not at its end: give the same words again, and it goes on; or remove ${path} to begin another one`,
      2,
    );
  return course;
}

function fileAfter(file: string, text: string, { host, onto, hostKey }: Recovery, { epochs }: Rotations): string {
  const moved = withNewServer(file, text, host, { address: onto, hostKey });
  return epochs.length === 0
    ? moved
    : withRaised(
        file,
        moved,
        epochs.map(({ place }) => place),
      ).text;
}

function changeFile(options: StackOptions, recovery: Recovery): string {
  const { config, context } = openStack(options);
  const { file } = context;
  const said = `${file} has the new server, and every secret that hosts create is to be another one`;
  // It was cut off between this and the record of it.
  if (config.hosts.some(({ name, hostKey }) => name === recovery.host && hostKey === recovery.hostKey)) return said;
  const text = readFileSync(file, "utf8");
  replaceFile(file, fileAfter(file, text, recovery, rotationOfAll(config)));
  try {
    openStack(options);
  } catch (error) {
    replaceFile(file, text);
    throw error;
  }
  return said;
}

// Both end with the last backup that they are for.
function formerKeyEnds(days: number, file: string, name: string): readonly string[] {
  const end = new Date(Date.now() + (days + 1) * 86_400_000).toISOString().slice(0, 10);
  return [
    `- from ${end} on, take the old key out of formerHostKeys of ${name} in ${file}: backups that it signed are gone by then, and until then whoever has it signs others`,
    `- the new server has a password of its own for its backups; the one of the old server opens the vault's repository still, what is added to it too, for whoever comes to the vault's disk. No epoch changes that: a repository has one key for all that is in it. Where another person had root on the old server, give the host a new repository once the backups in this one are needed no more: take it away at the vault, then npx phiward backup --host ${name} --new-repository offsite`,
  ];
}

// What no program can know to be done.
function whatIsLeft(
  name: string,
  { stack }: StackOptions,
  rotations: Rotations,
  { erased, keptOut }: { readonly erased: string; readonly keptOut: string },
): readonly string[] {
  const { config, context } = openStack({ stack });
  const address = config.hosts.find((host) => host.name === name)?.address ?? "";
  const authorities = config.sites.filter(({ certificate }) => certificate.kind === "acme").map((site) => site.name);
  return [
    "Left to people:",
    ...config.sites.map(
      (site) => `- the address of ${[site.name, ...site.aliases].join(", ")} is ${address} now: change it where your names are kept`,
    ),
    ...authorities.map(
      (site) =>
        `- the certificate of ${site} came back with the backup, so whoever had the old host has its key: have it revoked, and another one issued`,
    ),
    ...leftOfKeepOut(name, keptOut),
    ...leftToPeople(rotations, stack, context.file).map((line) => (line.startsWith(" ") ? `  ${line}` : `- ${line}`)),
    ...(erased === NOBODY_ERASED ? [] : [`- ${erased}`]),
    ...formerKeyEnds(config.backup?.keep.days ?? 0, context.file, name),
    "- the old server is as it was: take evidence of it, then switch it off; nothing of this stack reaches or trusts it",
    `- commit ${context.file}`,
  ];
}
