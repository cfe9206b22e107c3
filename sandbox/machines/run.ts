import { writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { start } from "../../ops/lib/process";
import { type Argv, ProgramMissing, searchPath } from "../../ops/lib/programs";
import { SandboxFailed } from "./errors";

/** How a program is run; every field may be left out. */
export interface RunOptions {
  /** What the program reads on its standard input; an empty one by default. */
  readonly stdin?: string | Buffer | undefined;
  /** Milliseconds after which the program and its children are killed and the call is rejected; none by default. */
  readonly timeout?: number | undefined;
  /** Kills the program and its children and rejects the call when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** The whole environment of the program; by default that of this process, with the administrator's directories in its PATH. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Whether others go before it, wherever they want a processor that it is on; false by default. */
  readonly background?: boolean | undefined;
  /** Is given each line of the program's standard error as it comes, for progress. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** What a program answered: `code` is its exit status, or 128 plus the signal's number where a signal ended it. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program without a shell and resolves with whatever it answered, a failure too. It is rejected only if the program
 * could not be started, ran out of time, or was aborted.
 */
export function run(argv: Argv, options: RunOptions = {}): Promise<RunResult> {
  if (options.signal?.aborted === true) return Promise.reject(abortReason(options.signal));
  return new Promise((resolve, reject) => {
    // A separate session: Ctrl-C in the terminal reaches this process only, which then cleans up in order.
    const child = failing(() => start(argv, { detached: true, env: options.env ?? { ...process.env, PATH: searchPath() }, stdio: "pipe" }));
    if (options.background === true) yieldToOthers(child.pid);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let failure: Error | undefined;

    const kill = (reason: Error): void => {
      failure ??= reason;
      killGroup(child.pid);
    };
    const onAbort = (): void => {
      if (options.signal !== undefined) kill(abortReason(options.signal));
    };
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            kill(new SandboxFailed(`${argv.join(" ")}: still running after ${String(options.timeout)} ms, killed`));
          }, options.timeout);

    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    if (options.onLine !== undefined) forwardLines(child.stderr, options.onLine);
    // A program may end without reading all of its input; that is its right, and EPIPE no fault of ours.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.stdin ?? "");

    child.once("error", (error) => {
      failure ??= new SandboxFailed(`${argv[0]}: ${error.message}`, { cause: error });
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      if (failure !== undefined) {
        reject(failure);
        return;
      }
      resolve({
        code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: Buffer.concat(stderr).toString("utf8"),
      });
    });
  });
}

/** Runs a program as `run` does and resolves with its standard output; any exit status but 0 is a `SandboxFailed`. */
export async function mustRun(argv: Argv, options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.code === 0) return result.stdout;
  const said = result.stderr.trim().split("\n").at(-1) ?? "";
  throw new SandboxFailed(`${argv.join(" ")}: exit ${String(result.code)}${said === "" ? "" : `: ${said}`}`);
}

// Those that the program starts inherit it. A session may have a share of its own (sched(7), autogroup), within which alone a nice
// value counts.
function yieldToOthers(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
    writeFileSync(`/proc/${String(pid)}/autogroup`, String(constants.priority.PRIORITY_LOW), { flag: "r+" });
  } catch {
    // It has ended already, or the kernel groups no sessions.
  }
}

function failing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ProgramMissing ? new SandboxFailed(error.message, { cause: error }) : error;
  }
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new SandboxFailed("aborted");
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group has ended by itself in the meantime.
  }
}

function forwardLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  });
}
