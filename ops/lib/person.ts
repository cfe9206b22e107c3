/** Connections of the person on call: under their own account and key, so that every session belongs to one person (45 CFR 164.312(a)(2)(i)). */
import { userInfo } from "node:os";
import type { Readable } from "node:stream";
import type { StackConfig } from "../../components/config/schema";
import { OperatorError } from "./errors";
import type { HostAddress } from "./hosts";
import { attached, start } from "./process";
import { deployTarget, type Patience, type SshTarget, sshArgv } from "./ssh";
import { print, warn } from "./terminal";

/**
 * The person of the stack that `as` names; the user of this machine without it. Throws OperatorError if the stack has no such person, or
 * where `sudo` is needed, none who may become root.
 */
export function personOf({ people }: StackConfig, as: string | undefined, needs: "login" | "sudo"): string {
  const wanted = as ?? userInfo().username;
  const person = people.find(({ name }) => name === wanted);
  const allowed = people.filter(({ sudo }) => sudo || needs === "login").map(({ name }) => name);
  if (person !== undefined && allowed.includes(person.name)) return person.name;
  const found = person === undefined ? wanted : `${wanted}, who has no sudo`;
  throw new OperatorError(`--as: found ${found}, allowed: ${allowed.join(" or ")}; this opens a session as a person of the stack`, 2);
}

// A longer line is shown in parts.
const MOST_CHARACTERS = 1 << 20;

/** A host as the person reaches it. */
export function personTarget(host: HostAddress, person: string): SshTarget {
  return { ...deployTarget(host), user: person };
}

/**
 * Runs a command on the host as the person, at this terminal where there is one, and returns its exit status. Throws OperatorError if no
 * connection is established.
 */
export async function asPerson(host: HostAddress, person: string, command: string, patience: Patience): Promise<number> {
  const mode = process.stdin.isTTY ? "terminal" : "batch";
  const code = await attached([...sshArgv(personTarget(host, person), patience, mode), command]);
  if (code === 255) throw new OperatorError(`${host.name}: the connection as ${person} failed or was cut; ssh's output is above`, 2);
  return code;
}

/**
 * Runs a command on the host as the person and shows what it writes, which others may have written to the host, as printable lines.
 * Returns its exit status. Throws OperatorError if no connection is established.
 */
export async function printedAsPerson(host: HostAddress, person: string, command: string, patience: Patience): Promise<number> {
  const child = start([...sshArgv(personTarget(host, person), patience), command], { stdio: ["ignore", "pipe", "pipe"] });
  showLines(child.stdout, print);
  showLines(child.stderr, warn);
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject).on("close", (status) => {
      resolve(status ?? 1);
    });
  });
  if (code === 255) throw new OperatorError(`${host.name}: the connection as ${person} failed or was cut; ssh's output is above`, 2);
  return code;
}

// By line feeds alone: what else ends a line at a terminal is escaped.
function showLines(stream: Readable, show: (line: string) => void): void {
  let rest = "";
  const showAll = (lines: readonly string[]): void => {
    for (const line of lines) show(line.replace(/\r$/, ""));
  };
  stream.setEncoding("utf8");
  stream.on("data", (part: string) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    showAll(lines);
    if (rest.length <= MOST_CHARACTERS) return;
    showAll([rest]);
    rest = "";
  });
  stream.on("end", () => {
    if (rest !== "") showAll([rest]);
  });
}

/** Shell text that writes one line to the host's journal, which takes sudo: people write nothing into it themselves. */
export function journalled(line: string): string {
  return `sudo -n logger --tag phiward --priority authpriv.notice -- ${quoted(line)}`;
}

/** A word of the host's shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
