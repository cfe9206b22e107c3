/** `phiward session`: recorded root shells of people, as the vault keeps them, and one of them opened with the incident key. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { programCommand } from "../../components/plan/programs";
import { type ReportOptions, type ResolvedStack, report, resolvedStack, type StackOptions } from "../lib/command";
import { OperatorError, refusalOf } from "../lib/errors";
import type { HostAddress } from "../lib/hosts";
import { personOf, personTarget } from "../lib/person";
import { runSync } from "../lib/process";
import { openSealedTo, requireRecoveryKey } from "../lib/recovery";
import { overSsh, type Patience } from "../lib/ssh";
import { hostJson, oneLine, print } from "../lib/terminal";
import { keepers } from "./audit";

/** Options of `phiward session list`. */
export interface SessionListOptions extends ReportOptions {
  readonly host?: string;
  readonly as?: string;
}

/** Options of `phiward session open`. */
export interface SessionOpenOptions extends StackOptions {
  readonly host: string;
  readonly as?: string;
  readonly recoveryKey: string;
  readonly output: string;
}

const NAME = /^[a-z_][a-z0-9_-]{0,31}-\d{8}T\d{6}-[A-Za-z0-9]{6}(\.[0-9a-f]{16})?$/;
// The last second that a Date can be of.
const LAST_SECOND = 8_640_000_000_000;
const kept = z.object({ host: z.string(), name: z.string().regex(NAME), bytes: z.number(), at: z.int().min(0).max(LAST_SECOND) });

/** A session that is kept. `at`: when it came there, in seconds since 1970. */
export type KeptSession = z.infer<typeof kept>;

/** The sessions that a machine keeps. Throws OperatorError with its own sentence where it refuses. */
export async function listSessions(host: HostAddress, person: string, patience: Patience): Promise<readonly KeptSession[]> {
  const answer = await asked(host, person, ["list"], patience);
  return hostJson(answer, z.array(kept));
}

/** One of them, encrypted as it is. */
export function fetchSession(keeper: HostAddress, person: string, of: string, name: string, patience: Patience): Promise<string> {
  if (!NAME.test(name)) throw new OperatorError("<name>: found another text, allowed: a name that phiward session list shows", 2);
  return asked(keeper, person, ["show", of, name], patience);
}

/** Puts a session into a new directory, in the clear. Throws OperatorError where the key does not open it. */
export async function unpackSession(sealed: string, keyFile: string, directory: string): Promise<void> {
  mkdirSync(directory, { mode: 0o700 });
  const archive = join(directory, "session.tar.gz");
  try {
    if (!(await openSealedTo(sealed, keyFile, archive)))
      throw new OperatorError(`--recovery-key: ${keyFile} does not open this session, allowed: the private half of audit.sessionsKey`, 2);
    if (!isSession(archive) || runSync(["tar", "--extract", "--no-same-owner", "--directory", directory, "--file", archive]).status !== 0)
      throw new OperatorError("the session is damaged, or is not one: --output has what could be read of it", 1);
  } finally {
    rmSync(archive, { force: true });
  }
}

/** Unpacks the compression in its place. Whoever sent it had only the public key: it may be any archive, of any size. */
function isSession(archive: string): boolean {
  try {
    writeFileSync(archive, gunzipSync(readFileSync(archive), { maxOutputLength: MOST_BYTES }));
  } catch {
    return false;
  }
  const { status, stdout } = runSync(["tar", "--list", "--verbose", "--numeric-owner", "--file", archive]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return status === 0 && lines.length <= MOST_MEMBERS && lines.every((line) => /^[-d]/.test(line));
}

// sudo records into a file system of 64 MB; a session is a directory with six files.
const MOST_BYTES = 128 * 1024 * 1024;
const MOST_MEMBERS = 16;

async function asked(host: HostAddress, person: string, words: readonly string[], patience: Patience): Promise<string> {
  const command = `exec sudo -n ${programCommand("sessions", ...words).join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw refusalOf(host, { code, stderr });
  return stdout;
}

/** `phiward session list`. */
export async function sessionListCommand(options: SessionListOptions): Promise<number> {
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const { patience } = stack.context;
  const answers = await Promise.all(keepers(stack).map((host) => listSessions(host, person, patience)));
  const names = options.host === undefined ? undefined : lastingNames(stack, options.host);
  const found = answers.flat().filter(({ host }) => names?.includes(host) ?? true);
  const lines = found
    .toSorted((a, b) => a.at - b.at)
    .map(({ host, name, bytes, at }) => `${new Date(at * 1000).toISOString()}  ${host}  ${name}  ${String(bytes)} bytes`);
  report(options.json, found, lines.length === 0 ? "none is kept" : lines.map(oneLine).join("\n"));
  return 0;
}

/** `phiward session open`. */
export async function sessionOpenCommand(name: string, options: SessionOpenOptions): Promise<number> {
  requireRecoveryKey(options.recoveryKey);
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const names = lastingNames(stack, options.host);
  for (const keeper of keepers(stack)) {
    const listed = await listSessions(keeper, person, stack.context.patience);
    const found = listed.find((entry) => entry.name === name && names.includes(entry.host));
    if (found === undefined) continue;
    const sealed = await fetchSession(keeper, person, found.host, name, stack.context.patience);
    await unpackSession(sealed, options.recoveryKey, options.output);
    const [session = name] = name.split(".");
    print(`opened. To play it, on a machine with sudo: sudoreplay -d ${options.output} ${session}`);
    print("It shows what the host sent, also to your terminal. Remove the directory when you have looked.");
    return 0;
  }
  throw new OperatorError("<name>: found no session of that name, allowed: one that phiward session list shows", 2);
}

// At the vault a host has the name that it had first.
function lastingNames({ config }: ResolvedStack, wanted: string): readonly string[] {
  const host = config.hosts.find(({ name }) => name === wanted);
  if (host === undefined)
    throw new OperatorError(`--host: found another name, allowed: ${config.hosts.map(({ name }) => name).join(" or ")}`, 3);
  return [host.name, ...host.formerly];
}
