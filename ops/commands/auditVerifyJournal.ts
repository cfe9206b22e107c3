/** `phiward audit verify-journal`: whether a host's journal is as it was sealed. Asks the host for its files, and another machine to look. */
import type { HostConfig } from "../../components/config/schema";
import { type KeptKey, listKeys, lookAtSeals, type OpenedKey, type Seal } from "../lib/audit/seals";
import { type ReportOptions, type ResolvedStack, report, resolvedStack } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { type HostAddress, namedHost } from "../lib/hosts";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { openSealed, requireRecoveryKey } from "../lib/recovery";
import { oneLine, warn } from "../lib/terminal";
import { keepers, questionOf } from "./audit";

/** Options of `phiward audit verify-journal`. */
export interface VerifyJournalOptions extends ReportOptions {
  readonly host: string;
  readonly on?: string;
  readonly from?: string;
  readonly to?: string;
  readonly as?: string;
  readonly recoveryKey: string;
}

/** A file with what is to be said of it: what is wrong, or why its seal proves nothing. */
export type JudgedFile = Seal & { readonly wrong?: string; readonly unproven?: string };

/** A key that is kept, and how long each of its intervals is. */
export type ProvenKey = Pick<KeptKey, "name" | "at"> & { readonly intervalSeconds: number };

// Between the host's clock and the keeper's, and until the first key has arrived.
const SLACK_SECONDS = 600;

/**
 * What is wrong with each file. A key proves what was sealed after it had arrived where the host cannot change it. The first key is made as
 * the host is set up, and arrives a little later; whoever makes another one may have become root: nothing is allowed to it.
 */
export function judgedFiles(seals: readonly Seal[], keys: readonly ProvenKey[]): readonly JudgedFile[] {
  const first = keys.toSorted((a, b) => a.at - b.at)[0];
  return seals
    .toSorted((a, b) => a.head - b.head || (a.file < b.file ? -1 : 1))
    .map((seal) => ({ ...seal, ...judgement(seal, keys, first) }));
}

function judgement(seal: Seal, keys: readonly ProvenKey[], first: ProvenKey | undefined): Pick<JudgedFile, "wrong" | "unproven"> {
  if (seal.verdict === "broken") return { wrong: "its seal is broken, or it is sealed with no key that is kept" };
  if (seal.verdict === "unsealed") return seal.tail > (first?.at ?? 0) + SLACK_SECONDS ? { wrong: "it is not sealed" } : {};
  const key = keys.find(({ name }) => name === seal.key);
  if (key === undefined) return { wrong: "it is sealed with no key that is kept" };
  const sealed = Date.parse(seal.sealedFrom) / 1000;
  // Of the interval in which a key was made, the seal says its beginning.
  if (sealed + (key === first ? key.intervalSeconds + SLACK_SECONDS : 0) >= key.at) return {};
  const since = `with a key that was kept from ${secondOf(key.at)} on: before that it could be made`;
  return key === first ? { unproven: `it is sealed ${since}` } : { wrong: `it is sealed from ${seal.sealedFrom} on ${since}` };
}

/** A line for each file. */
export function sealsText(files: readonly JudgedFile[]): string {
  return files
    .map((file) => {
      const written = `${secondOf(file.head)} to ${secondOf(file.tail)}`;
      const more = file.untried === undefined ? "" : `; ${String(file.untried)} more keys were not tried`;
      if (file.wrong !== undefined) return `WRONG  ${file.file}: ${file.wrong}; its records are of ${written}${more}`;
      if (file.unproven !== undefined) return `?      ${file.file}: not proven, ${file.unproven}; its records are of ${written}`;
      if (file.verdict !== "whole") return `-      ${file.file}: from before the journal was sealed, ${written}`;
      return `whole  ${file.file}: sealed from ${file.sealedFrom} to ${file.sealedTo}, and not for the last ${file.unsealedFor}`;
    })
    .map(oneLine)
    .join("\n");
}

/** A line for each key: one that is not expected is the trace of who made it. */
export function keysText(keys: readonly ProvenKey[]): string {
  return keys
    .map(({ name, at, intervalSeconds }) => `key    ${name}: kept from ${secondOf(at)} on, for intervals of ${String(intervalSeconds)} s`)
    .map(oneLine)
    .join("\n");
}

function secondOf(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? "an unknown time" : `${time.toISOString().slice(0, 19)}Z`;
}

/** `phiward audit verify-journal`: 1 where something is wrong, or nothing is sealed. */
export async function verifyJournalCommand(options: VerifyJournalOptions): Promise<number> {
  requireRecoveryKey(options.recoveryKey);
  const { from, to } = questionOf(options, new Date());
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const of = namedHost(stack.config, stack.hosts, options.host, ["application", "vault"]);
  const on = lookerOf(stack, of, options.on);
  const { keys, opened } = await keysOf(stack, of, person, options.recoveryKey);
  const seals = await withProgress(`looking at the journal of ${of.name} on ${on.name}`, () =>
    lookAtSeals({ of, on, person, from, to }, opened, stack.context.patience),
  );
  const files = judgedFiles(seals, keys);
  const sealed = files.filter(({ verdict, unproven }) => verdict === "whole" && unproven === undefined).length;
  if (sealed === 0) warn(`found no file of ${of.name} of that time that is sealed and whole`);
  const answer = { host: of.name, on: on.name, from: from.toISOString(), to: to.toISOString(), keys, files };
  report(options.json, answer, `${keysText(keys)}\n${sealsText(files)}`);
  return sealed === 0 || files.some(({ wrong }) => wrong !== undefined) ? 1 : 0;
}

// Who has the key can make seals: so it never goes to the host that they are of.
function lookerOf({ config, hosts }: ResolvedStack, of: HostAddress, wanted: string | undefined): HostAddress {
  const others = config.hosts.filter(({ name }) => name !== of.name);
  const vault = others.find(({ role }) => role === "vault") ?? (others.length === 1 ? others[0] : undefined);
  const name = wanted ?? vault?.name;
  if (name === undefined || !others.some((host) => host.name === name))
    throw new OperatorError(`--on: found ${wanted === undefined ? "nothing" : "another name"}, allowed: ${namesOf(others)}`, 2);
  return namedHost(config, hosts, name, ["application", "vault"]);
}

function namesOf(hosts: readonly HostConfig[]): string {
  return hosts.length === 0 ? "another host of the stack, of which there are none" : hosts.map(({ name }) => name).join(" or ");
}

// As journalctl(1) makes one: the seed, then the first interval and how long each is, in microseconds. Root on the host chose the text.
const VERIFICATION = /^[0-9a-f]{6}(?:-[0-9a-f]{6}){3}\/[0-9a-f]{1,16}-([0-9a-f]{1,16})$/;
const ALLOWED = "a verification key as journalctl makes it, with intervals of 60 to 3600 s";
// The machine that looks takes no more.
const MOST_KEYS = 1000;

/** How long each interval of a key is; undefined for a text that the declared settings of no host give. */
export function intervalOf(key: string): number | undefined {
  const found = VERIFICATION.exec(key)?.[1];
  const seconds = Number.parseInt(found ?? "", 16) / 1_000_000;
  return seconds >= 60 && seconds <= 3600 ? seconds : undefined;
}

/** What arrived first of each key, the first one first. Later ones cannot take the place of earlier ones. */
export function firstKept<K extends Pick<KeptKey, "name" | "at">>(kept: readonly K[]): readonly K[] {
  const ordered = kept.toSorted((a, b) => a.at - b.at);
  return ordered.filter(({ name }, index) => ordered.findIndex((other) => other.name === name) === index);
}

async function keysOf(stack: ResolvedStack, of: HostAddress, person: string, keyFile: string) {
  const { patience } = stack.context;
  const entry = stack.config.hosts.find(({ name }) => name === of.name);
  const names = [of.name, ...(entry?.formerly ?? [])];
  const kept: KeptKey[] = [];
  for (const keeper of keepers(stack, of.name)) {
    const found = (await listKeys(keeper, person, patience)).filter(({ host }) => names.includes(host));
    if (found.length > 0 && keeper.name === of.name) warn(`${of.name} keeps its own keys: root there can put others in their place`);
    kept.push(...found);
  }
  const all = firstKept(kept);
  if (all.length > MOST_KEYS) warn(`found ${String(all.length)} verification keys of ${of.name}; the first ${String(MOST_KEYS)} are tried`);
  const keys: ProvenKey[] = [];
  const opened: OpenedKey[] = [];
  for (const { name, at, text } of all.slice(0, MOST_KEYS)) {
    const key = await openSealed(text, keyFile);
    if (key === undefined) continue;
    const intervalSeconds = intervalOf(key);
    if (intervalSeconds === undefined) {
      warn(`verification key ${name} of ${of.name}: found another text, allowed: ${ALLOWED}; it is left out, see who was root there`);
      continue;
    }
    keys.push({ name, at, intervalSeconds });
    opened.push({ name, at, key });
  }
  if (opened.length > 0) return { keys, opened };
  throw new OperatorError(
    `--recovery-key: ${keyFile} opens no verification key of ${of.name}, allowed: the private half of audit.sessionsKey, or else of recovery.publicKey`,
    2,
  );
}
