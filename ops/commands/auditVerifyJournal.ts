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

/** A file with what is to be said of it. */
export type JudgedFile = Seal & { readonly wrong?: string };

/** A key that is kept, and how long each of its intervals is. */
export type ProvenKey = Pick<KeptKey, "name" | "at"> & { readonly intervalSeconds: number };

// Between the host's clock and the keeper's, and until a key that is made has arrived.
const SLACK_SECONDS = 600;

/** What is wrong with each file. A key proves what was sealed after it had arrived where the host cannot change it. */
export function judgedFiles(seals: readonly Seal[], keys: readonly ProvenKey[]): readonly JudgedFile[] {
  const first = Math.min(...keys.map(({ at }) => at));
  return seals
    .toSorted((a, b) => a.head - b.head || (a.file < b.file ? -1 : 1))
    .map((seal) => {
      const wrong = wrongWith(seal, keys, first);
      return wrong === undefined ? seal : { ...seal, wrong };
    });
}

function wrongWith(seal: Seal, keys: readonly ProvenKey[], first: number): string | undefined {
  if (seal.verdict === "broken") return "its seal is broken, or it is sealed with no key that is kept";
  if (seal.verdict === "unsealed") return seal.tail > first + SLACK_SECONDS ? "it is not sealed" : undefined;
  const { at: since, intervalSeconds } = keys.find(({ name }) => name === seal.key) ?? { at: Number.POSITIVE_INFINITY, intervalSeconds: 0 };
  // Of the interval in which a key was made, the seal says its beginning.
  if (Date.parse(seal.sealedFrom) / 1000 + intervalSeconds >= since - SLACK_SECONDS) return undefined;
  return `it is sealed with a key that was kept from ${secondOf(since)} on: before that it could be made`;
}

/** A line for each file. */
export function sealsText(files: readonly JudgedFile[]): string {
  return files
    .map((file) => {
      const written = `${secondOf(file.head)} to ${secondOf(file.tail)}`;
      if (file.wrong !== undefined) return `WRONG  ${file.file}: ${file.wrong}; its records are of ${written}`;
      if (file.verdict !== "whole") return `-      ${file.file}: from before the journal was sealed, ${written}`;
      return `whole  ${file.file}: sealed from ${file.sealedFrom} to ${file.sealedTo}, and not for the last ${file.unsealedFor}`;
    })
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
  const sealed = files.filter(({ verdict }) => verdict === "whole").length;
  if (sealed === 0) warn(`found no file of ${of.name} of that time that is sealed and whole`);
  report(options.json, { host: of.name, on: on.name, from: from.toISOString(), to: to.toISOString(), files }, sealsText(files));
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

async function keysOf(stack: ResolvedStack, of: HostAddress, person: string, keyFile: string) {
  const { patience } = stack.context;
  const entry = stack.config.hosts.find(({ name }) => name === of.name);
  const names = [of.name, ...(entry?.formerly ?? [])];
  const keys: ProvenKey[] = [];
  const opened: OpenedKey[] = [];
  for (const keeper of keepers(stack, of.name)) {
    const found = (await listKeys(keeper, person, patience)).filter(({ host }) => names.includes(host));
    if (found.length > 0 && keeper.name === of.name) warn(`${of.name} keeps its own keys: root there can put others in their place`);
    for (const kept of found) {
      const key = await openSealed(kept.text, keyFile);
      if (key === undefined) continue;
      // It ends with the interval's microseconds.
      keys.push({ ...kept, intervalSeconds: Number.parseInt(key.split("-").at(-1) ?? "", 16) / 1_000_000 });
      opened.push({ name: kept.name, key });
    }
  }
  if (opened.length > 0) return { keys, opened };
  throw new OperatorError(
    `--recovery-key: ${keyFile} opens no verification key of ${of.name}, allowed: the private half of audit.sessionsKey, or else of recovery.publicKey`,
    2,
  );
}
