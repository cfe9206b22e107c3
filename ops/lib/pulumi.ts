/** The Pulumi CLI, as the operator's commands run it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "./errors";
import { attached, runSync, start } from "./process";
import { isInstalled } from "./programs";
import { ROOT } from "./root";

/** Exit code where `pulumi` is missing. */
const NO_ENGINE = 2;

// Longer than any deploy takes.
const KEY_LIFETIME = "12h";

/** Version of the Pulumi CLI on PATH; undefined if there is none. */
export function pulumiVersion(): string | undefined {
  if (!isInstalled("pulumi")) return undefined;
  const { status, stdout } = runSync(["pulumi", "version"], { env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } });
  return status === 0 ? stdout.trim() : undefined;
}

/** Throws OperatorError, saying how to get it, if the Pulumi CLI is missing or older than what this was tried with. */
export function requirePulumi(version = pulumiVersion()): void {
  const found = version === undefined ? "no such program on PATH" : isNewEnough(version) ? undefined : shownVersion(version);
  if (found !== undefined)
    throw new OperatorError(
      `pulumi: found ${found}, allowed: the Pulumi CLI ${OLDEST.join(".")} or newer; see https://www.pulumi.com/docs/install. Without it, make sandbox and npx phiward policy still work`,
      NO_ENGINE,
    );
}

// The oldest version that a deploy was tried with.
const OLDEST = [3, 259];

function isNewEnough(version: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version)?.map(Number) ?? [];
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  return major === oldestMajor && minor !== undefined && minor >= oldestMinor;
}

function shownVersion(version: string): string {
  return /^v?[0-9A-Za-z.+-]{1,40}$/.test(version) ? version : "an answer that is not a version";
}

/**
 * Runs the CLI with its output shown, and returns the exit code of a command of ours. At a terminal it shows its preview and asks. Throws
 * OperatorError if a signal ended it.
 */
export async function runPulumi(args: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string): Promise<number> {
  const unattended = process.stdin.isTTY ? [] : ["--non-interactive"];
  const code = await attached(["pulumi", ...args, ...unattended], { env: pulumiEnvironment(environment), cwd });
  if (code > 128 && code < 128 + 65)
    throw new OperatorError(
      `pulumi ${args[0] ?? ""}: ended by a signal before it was done; run npx phiward up again: it asks each host for its state and goes on. If Pulumi then says that the stack is locked, and no other deploy is under way, run pulumi cancel first`,
      2,
    );
  return exitCode(code);
}

/** The environment of the CLI: it looks for no newer one of itself, and what Node.js compiles for it is kept. */
export function pulumiEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/phiward"), ...environment, PULUMI_SKIP_UPDATE_CHECK: "true" };
}

// Pulumi's own codes: invocation, credentials, an unknown stack and a fault of its own; 3 is a fault of the configuration here.
const COULD_NOT_RUN = [2, 3, 6, 255];

/** The exit code that a command of ours ends with where Pulumi ends with `code`: done, refused or failed, or could not run. */
export function exitCode(code: number): number {
  if (code === 0) return 0;
  return COULD_NOT_RUN.includes(code) ? 2 : 1;
}

/** Runs the CLI with `input` and returns what it prints. Throws OperatorError with its own words if it fails. */
export function askPulumi(args: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string, input = ""): string {
  const { status, stdout, stderr } = runSync(["pulumi", ...args, "--non-interactive"], {
    env: pulumiEnvironment(environment),
    cwd,
    input,
  });
  if (status !== 0) throw new OperatorError(`pulumi ${args[0] ?? ""}: ${stderr.trim()}${lockAdvice(stderr)}`, 2);
  return stdout;
}

// In a directory or bucket a deploy that was killed leaves its lock; Pulumi Cloud gives an update up after some minutes.
function lockAdvice(stderr: string): string {
  if (!/currently locked|another update is currently in progress/i.test(stderr)) return "";
  return "\nAnother deploy of this stack is under way, or one was killed. Wait for it; if there is none, run pulumi cancel, and this command again";
}

/**
 * Runs `work` with an SSH agent that holds one key alone: a full agent offers key after key and trips the server's
 * MaxAuthTries. Without a key file the caller's own agent is used. The agent ends with the work.
 */
export async function withSshAgent<T>(keyFile: string | undefined, work: (environment: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  if (keyFile === undefined) {
    if (process.env["SSH_AUTH_SOCK"] === undefined)
      throw new OperatorError(
        "SSH_AUTH_SOCK: found no SSH agent, allowed: an agent with your key (ssh-add), or --key with the path of a private key",
        2,
      );
    return work(process.env);
  }
  const directory = mkdtempSync(join(tmpdir(), "phiward-agent-"));
  const socket = join(directory, "socket");
  const environment = { ...process.env, SSH_AUTH_SOCK: socket };
  // It ends with its command, within seconds, and that with this process, however that ends: it reads the end of its input then.
  const command = ["sh", "-c", 'cat; rm -rf "$0"', directory];
  const agent = start(["ssh-agent", "-a", socket, ...command], { stdio: ["pipe", "ignore", "ignore"] });
  try {
    const limit = Date.now() + 5000;
    for (;;) {
      const added = runSync(["ssh-add", "-q", "-t", KEY_LIFETIME, keyFile], { stdio: ["inherit", "ignore", "pipe"], env: environment });
      if (added.status === 0) break;
      if (added.status !== 2 || Date.now() > limit)
        throw new OperatorError(`${keyFile}: ${added.stderr.trim() || "ssh-add refused it"}`, 2);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return await work(environment);
  } finally {
    runSync(["ssh-add", "-q", "-D"], { stdio: "ignore", env: environment });
    agent.stdin.end();
    rmSync(directory, { recursive: true, force: true });
  }
}
