/** One command on a host, over its own connection, through OpenSSH with the host's pinned key. */

import { setTimeout as sleep } from "node:timers/promises";
import { DEPLOY_USER, SSH_PORT } from "../../components/plan/places";
import { pinnedHostKey } from "../../components/plan/ssh";
import { answerOf, type ProgramAnswer } from "./process";
import type { Argv } from "./programs";
import { quotedLines } from "./terminal";

/** A reachable host, all known. */
export interface SshTarget {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Type and base64 of the pinned host key. */
  readonly hostKey: string;
}

/** A host as every deploy reaches it. */
export function deployTarget({ address, hostKey }: Pick<SshTarget, "address" | "hostKey">): SshTarget {
  return { address, port: SSH_PORT, user: DEPLOY_USER, hostKey };
}

/** How a command ended: `code` is its exit status, or 255 if no connection was established. */
export type SshAnswer = ProgramAnswer;

/** How patient a dial is. */
export interface Patience {
  /** Tries after the first one. Default 5. */
  readonly retries?: number;
  /** Seconds per try. Default 10. */
  readonly dialSeconds?: number;
  /** A private key to use instead of the SSH agent's. */
  readonly identity?: string;
  /** Seconds after which a try is ended, whatever the host is at. Default: none is. */
  readonly mostSeconds?: number;
}

/** How a command is run on the host: `batch` asks nothing and has no terminal; `terminal` is for a person. */
export type SshMode = "batch" | "terminal";

/** ssh(1) for a new connection to the target over its pinned host key, with nothing of the user's own configuration. */
export function sshArgv(target: SshTarget, patience: Patience = {}, mode: SshMode = "batch"): Argv {
  const options = {
    BatchMode: mode === "batch" ? "yes" : "no",
    ControlPath: "none",
    ...pinnedHostKey(target.hostKey),
    ConnectTimeout: String(patience.dialSeconds ?? 10),
    ServerAliveInterval: "15",
    ServerAliveCountMax: "8",
    LogLevel: "ERROR",
    IdentitiesOnly: patience.identity === undefined ? "no" : "yes",
    ...(patience.identity === undefined ? {} : { IdentityFile: optionPath(patience.identity), IdentityAgent: "none" }),
  };
  return [
    "ssh",
    "-F",
    "none",
    mode === "batch" ? "-T" : "-t",
    "-p",
    String(target.port),
    "-l",
    target.user,
    ...Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]),
    target.address,
  ];
}

// An option is read as a line of ssh_config(5): a path with a space is quoted there, and a % begins a token.
function optionPath(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`;
}

/**
 * Runs a command with `stdin`; a connection that does not come about is tried again, with growing pauses. What the host wrote to
 * standard error is `quotedLines`; its standard output is as it came, for `hostJson`.
 */
export async function overSsh(target: SshTarget, command: string, stdin: string, patience: Patience = {}): Promise<SshAnswer> {
  const limit = patience.mostSeconds === undefined ? {} : { timeout: patience.mostSeconds * 1000 };
  for (let attempt = 0; ; attempt++) {
    const answer = await answerOf([...sshArgv(target, patience), command], { stdin, ...limit });
    if (answer.code !== 255 || attempt >= (patience.retries ?? 5)) return { ...answer, stderr: quotedLines(answer.stderr) };
    await sleep(Math.min(5000, 100 * 1.5 ** attempt));
  }
}
