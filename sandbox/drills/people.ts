/** Who there is in a drill besides alice, who answers: each has a key of their own, in the sandbox's directory, and may become root. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { outputOf, start } from "../../ops/lib/process";
import { deployTarget, overSsh, type SshAnswer, sshArgv } from "../../ops/lib/ssh";
import type { Sandbox, SandboxHost } from "../machines/inventory";
import { SANDBOX_EXAMPLE, type StackExample } from "../stackFile";

/** A volume of the service api that holds files, and its place there. */
export const FILES = { volume: "files", path: "/srv/files" } as const;

/** What drills deploy: bob, whose key is stolen; dave, who takes what is not his; and a volume. */
export const DRILL_EXAMPLE: StackExample = {
  ...SANDBOX_EXAMPLE,
  values: (sandbox) => [
    [["people", 1], { name: "bob", keys: [publicKey(sandbox, "bob")], sudo: true }],
    [["people", 2], { name: "dave", keys: [publicKey(sandbox, "dave")], sudo: true, databases: { api: "readonly" } }],
    [["services", 2, "volumes"], [{ name: FILES.volume, path: FILES.path }]],
  ],
};

/** The file of a person's private key; the first to ask makes it. */
export function keyFileOf({ dir }: Pick<Sandbox, "dir">, name: string): string {
  const file = join(dir, `key-${name}`);
  if (!existsSync(file)) outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file]);
  return file;
}

/** Type and base64 of a person's public key. */
export function publicKey(sandbox: Pick<Sandbox, "dir">, name: string): string {
  return readFileSync(`${keyFileOf(sandbox, name)}.pub`, "utf8")
    .split(" ")
    .slice(0, 2)
    .join(" ");
}

/** Runs a command with a person's key, from where administrators are; `user` where it is another login than their own. */
export function asPerson(sandbox: Sandbox, host: SandboxHost, name: string, command: string, user = name): Promise<SshAnswer> {
  return overSsh({ ...deployTarget(host), user }, command, "", { identity: keyFileOf(sandbox, name), retries: 0, dialSeconds: 10 });
}

/** A session that stays open until someone ends it. */
export interface OpenSession {
  /** What it has shown so far. */
  readonly shown: () => string;
  /** How it ended; undefined while it is open. */
  readonly code: () => number | undefined;
  readonly end: () => void;
}

/** Opens a session with a person's key: from an outsider's network, or without one from where administrators are. `stdin` is typed there. */
export function openSession(
  sandbox: Sandbox,
  host: SandboxHost,
  name: string,
  command: string,
  how: { stdin?: string; outsider?: number } = {},
): OpenSession {
  const { stdin = "", outsider } = how;
  const argv = [...sshArgv({ ...deployTarget(host), user: name }, { identity: keyFileOf(sandbox, name) }), command] as const;
  const netns = outsider === undefined ? undefined : sandbox.outsiders[outsider]?.netns;
  const child = start(netns === undefined ? ["ssh", ...argv.slice(1)] : ["nsenter", `--net=/run/netns/${netns}`, "--", ...argv], {
    stdio: "pipe",
  });
  let shown = "";
  let code: number | undefined;
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (shown += part.toString()));
  child.on("close", (status) => (code = status ?? 255));
  child.stdin.on("error", () => undefined);
  child.stdin.write(stdin);
  return { shown: () => shown, code: () => code, end: () => child.kill() };
}
