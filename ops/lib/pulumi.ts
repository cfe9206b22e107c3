/** The Pulumi CLI, as the operator's commands run it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "./errors";
import { attached, runSync, start } from "./process";
import { isInstalled } from "./programs";

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

/** Throws OperatorError, saying how to get it, if the Pulumi CLI is missing. */
export function requirePulumi(): void {
  if (pulumiVersion() === undefined)
    throw new OperatorError(
      "pulumi: found no such program on PATH, allowed: the Pulumi CLI 3.259 or newer; see https://www.pulumi.com/docs/install. Without it, make sandbox and npx phiward policy still work",
      NO_ENGINE,
    );
}

/** Runs the CLI with its output shown, and returns its exit code. At a terminal it shows its preview and asks; elsewhere it goes ahead. */
export function runPulumi(args: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string): Promise<number> {
  const unattended = process.stdin.isTTY ? [] : ["--non-interactive", ...(args[0] === "up" ? ["--yes"] : [])];
  return attached(["pulumi", ...args, ...unattended], { env: { ...environment, PULUMI_SKIP_UPDATE_CHECK: "true" }, cwd });
}

/** Runs the CLI with `input` and returns what it prints. Throws OperatorError with its own words if it fails. */
export function askPulumi(args: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string, input = ""): string {
  const { status, stdout, stderr } = runSync(["pulumi", ...args, "--non-interactive"], {
    env: { ...environment, PULUMI_SKIP_UPDATE_CHECK: "true" },
    cwd,
    input,
  });
  if (status !== 0) throw new OperatorError(`pulumi ${args[0] ?? ""}: ${stderr.trim()}`, 2);
  return stdout;
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
