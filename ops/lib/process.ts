/** Starts programs: the only file that imports node:child_process, and it takes no program that is not listed in programs.ts. */
import {
  type ChildProcess,
  type ChildProcessByStdio,
  type ChildProcessWithoutNullStreams,
  type SpawnOptions,
  type SpawnSyncOptions,
  type SpawnSyncReturns,
  spawn,
  spawnSync,
} from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { type Argv, programFile } from "./programs";

/** How a program ended, and what it wrote. */
export interface ProgramAnswer {
  /** Its exit status; 255 where a signal or the time limit ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type WithStdio<Stdio> = SpawnOptions & { readonly stdio: Stdio };

/** Starts a listed program and returns at once. Throws ProgramMissing, which names its package, if it is not installed. */
export function start(argv: Argv, options: WithStdio<"pipe"> | WithStdio<["pipe", "pipe", "pipe"]>): ChildProcessWithoutNullStreams;
export function start(argv: Argv, options: WithStdio<["pipe", "pipe", "ignore"]>): ChildProcessByStdio<Writable, Readable, null>;
export function start(argv: Argv, options: WithStdio<["pipe", "ignore", "pipe"]>): ChildProcessByStdio<Writable, null, Readable>;
export function start(argv: Argv, options: WithStdio<["pipe", "ignore", "ignore"]>): ChildProcessByStdio<Writable, null, null>;
export function start(argv: Argv, options: WithStdio<["ignore", "pipe", "pipe"]>): ChildProcessByStdio<null, Readable, Readable>;
export function start(argv: Argv, options: WithStdio<["ignore", "pipe", "inherit"]>): ChildProcessByStdio<null, Readable, null>;
export function start(argv: Argv, options: SpawnOptions): ChildProcess;
export function start(argv: Argv, options: SpawnOptions): ChildProcess {
  const [program, ...args] = argv;
  return spawn(programFile(program, options.env), args, options);
}

/** Runs a listed program and waits for its end. Throws ProgramMissing if it is not installed. */
export function runSync(argv: Argv, options: Omit<SpawnSyncOptions, "encoding"> = {}): SpawnSyncReturns<string> {
  const [program, ...args] = argv;
  return spawnSync(programFile(program, options.env), args, { maxBuffer: 256 * 1024 * 1024, ...options, encoding: "utf8" });
}

/** Runs a listed program, waits for its end and returns its standard output. Throws Error, with its own words, if it fails. */
export function outputOf(argv: Argv, options: Omit<SpawnSyncOptions, "encoding"> = {}): string {
  const { status, stdout, stderr } = runSync(argv, options);
  if (status !== 0) throw new Error(`${argv.join(" ")}: exit status ${String(status)}: ${stderr.trim()}`);
  return stdout;
}

// What is at the other end of a connection may answer without end.
const MOST_ANSWERED = 256 * 1024 * 1024;

/**
 * Runs a listed program with `stdin`, killed after `timeout` milliseconds, and where it says more than 256 MiB, which is code 1. Resolves
 * however it ends; throws ProgramMissing if it is not installed.
 */
export async function answerOf(
  argv: Argv,
  { stdin = "", timeout, most = MOST_ANSWERED }: { stdin?: string; timeout?: number; most?: number } = {},
): Promise<ProgramAnswer> {
  const child = start(argv, { stdio: "pipe", ...(timeout === undefined ? {} : { timeout, killSignal: "SIGKILL" }) });
  const parts: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  let bytes = 0;
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes <= most) parts[name].push(part);
      else child.kill("SIGKILL");
    });
  // A program may end without reading all of its input, having refused; its answer says why.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (bytes > most) resolve({ code: 1, stdout: "", stderr: `${argv[0]}: it said more than ${String(most)} bytes, and was ended` });
      else resolve({ code: code ?? 255, stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() });
    });
  });
}

/** Runs a listed program at the operator's own terminal, as `attached` does, but for its standard output: the lines of that come back. */
export async function linesOf(
  argv: Argv,
  options: Omit<SpawnOptions, "stdio"> = {},
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const parts: Buffer[] = [];
  const code = await ended(argv, { ...options, stdio: ["inherit", "pipe", "inherit"] }, (part) => parts.push(part));
  return { code, lines: Buffer.concat(parts).toString().split("\n") };
}

/**
 * Runs a listed program at the operator's own terminal, and resolves with its exit status, which is 128 and the number of the signal
 * where one ended it. What would end this process ends the
 * program instead, by the same signal, so that nobody goes on unattended; a terminal sends Control-C to both by itself.
 */
export function attached(argv: Argv, options: Omit<SpawnOptions, "stdio"> = {}): Promise<number> {
  return ended(argv, { ...options, stdio: "inherit" });
}

async function ended(argv: Argv, options: SpawnOptions, onOutput?: (part: Buffer) => void): Promise<number> {
  // Before it is started: a signal that comes at once must not end this process alone. None is handled before the next turn.
  let child: ChildProcess | undefined;
  const passOn = (signal: NodeJS.Signals): void => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child?.kill(signal);
  };
  for (const signal of ENDING) process.on(signal, passOn);
  try {
    const started = start(argv, options);
    child = started;
    if (onOutput !== undefined) started.stdout?.on("data", onOutput);
    return await new Promise((resolve, reject) => {
      started.on("error", reject).on("close", (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    for (const signal of ENDING) process.off(signal, passOn);
  }
}

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
