/** One command on a host, over a connection of its own, through OpenSSH with the host's pinned key. */

import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { DEPLOY_USER, SSH_PORT } from "../../components/plan/places";

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

/** How a command ended. */
export interface SshAnswer {
  /** Exit code of the command; 255 if no connection came about. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How patient a dial is. */
export interface Patience {
  /** Tries after the first one. Default 5. */
  readonly retries?: number;
  /** Seconds per try. Default 10. */
  readonly dialSeconds?: number;
  /** A private key to use in place of the SSH agent's. */
  readonly identity?: string;
}

/** Arguments of ssh(1) for a new connection to the target: nothing of the user's own configuration, nothing asked. */
export function sshArguments(target: SshTarget, patience: Patience = {}): readonly string[] {
  const options = {
    BatchMode: "yes",
    ControlPath: "none",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: "/dev/null",
    GlobalKnownHostsFile: "/dev/null",
    KnownHostsCommand: `/bin/echo * ${target.hostKey}`,
    HostKeyAlgorithms: target.hostKey.split(" ")[0] ?? "",
    UpdateHostKeys: "no",
    ConnectTimeout: String(patience.dialSeconds ?? 10),
    ServerAliveInterval: "15",
    ServerAliveCountMax: "8",
    LogLevel: "ERROR",
    IdentitiesOnly: patience.identity === undefined ? "no" : "yes",
    ...(patience.identity === undefined ? {} : { IdentityFile: patience.identity, IdentityAgent: "none" }),
  };
  return [
    "-F",
    "none",
    "-T",
    "-p",
    String(target.port),
    "-l",
    target.user,
    ...Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]),
    target.address,
  ];
}

/** Runs a command with `stdin`; a connection that does not come about is tried again, with growing pauses. */
export async function overSsh(target: SshTarget, command: string, stdin: string, patience: Patience = {}): Promise<SshAnswer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await once([...sshArguments(target, patience), command], stdin);
    if (answer.code !== 255 || attempt >= (patience.retries ?? 5)) return answer;
    await sleep(Math.min(5000, 100 * 1.5 ** attempt));
  }
}

function once(args: readonly string[], stdin: string): Promise<SshAnswer> {
  return new Promise((resolve) => {
    const child = execFile("ssh", args, { maxBuffer: 64 * 1024 * 1024, encoding: "utf8" }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
      resolve({ code, stdout, stderr: stderr === "" && error !== null && code === 255 ? error.message : stderr });
    });
    // The host may close early, having refused; its answer says why.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(stdin);
  });
}
