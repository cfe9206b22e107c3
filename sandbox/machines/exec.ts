import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Argv } from "../../ops/lib/programs";
import { ROOT } from "../../ops/lib/root";
import { cgroupPids, cgroupsOf } from "./cgroups";
import { SandboxFailed } from "./errors";
import type { Sandbox, SandboxHost } from "./inventory";
import { cgroupName } from "./powerFile";
import { type RunOptions, type RunResult, run } from "./run";

/** How a program is run inside the sandbox. */
export interface ExecOptions {
  /** What the program reads on its standard input; an empty one by default. */
  readonly stdin?: string | Buffer;
  /** Milliseconds after which it is killed and the call is rejected; none by default. */
  readonly timeout?: number;
  /** Kills it and rejects the call when it fires. */
  readonly signal?: AbortSignal;
}

// That of a root login on Debian, so that a program does not depend on whoever called us.
const ROOT_ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  USER: "root",
  LOGNAME: "root",
  SHELL: "/bin/bash",
  LANG: "C.UTF-8",
};

/**
 * Runs a program as root inside a host, as its console would: not over SSH, so it also works while SSH is cut off. Resolves
 * with what the program answered, whatever its exit status.
 */
export function execInHost(host: SandboxHost, argv: readonly string[], options: ExecOptions = {}): Promise<RunResult> {
  return execInDirectory(dirname(host.root), argv, options);
}

/** Runs a program on this machine's file system, but in an outsider's network: for attacks and scans from a second address. */
export function execFromOutsider(sandbox: Sandbox, index: number, argv: Argv, options: ExecOptions = {}): Promise<RunResult> {
  const outsider = sandbox.outsiders[index];
  if (outsider === undefined) {
    const count = String(sandbox.outsiders.length);
    return Promise.reject(new SandboxFailed(`sandbox ${sandbox.id} has ${count} outsiders, none with index ${String(index)}`));
  }
  return run(["nsenter", `--net=/run/netns/${outsider.netns}`, "--", ...argv], options);
}

/** Process id, on this machine, of a running host's init: the way to its namespaces. Throws if the host is not running. */
export function initOf(host: SandboxHost): number {
  const init = findInit(dirname(host.root));
  if (init === undefined) throw new SandboxFailed(`${host.name}: this host is not running`);
  return init;
}

/** As `execInHost`, for the host that lives in this directory. */
export function execInDirectory(hostDir: string, argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const init = findInit(hostDir);
  const groups = init === undefined ? [] : cgroupsOf(init);
  if (init === undefined || !isReady(groups)) {
    return Promise.reject(new SandboxFailed(`${basename(hostDir)}: this host is not running`));
  }
  const enter: Argv = ["sh", join(ROOT, "sandbox/machines", "enter.sh"), String(init), groups.join(":")];
  return run([...enter, ...argv], { ...options, env: ROOT_ENVIRONMENT });
}

/** Returns whether programs can be run in the host already. */
export function isReadyForPrograms(hostDir: string): boolean {
  const init = findInit(hostDir);
  return init !== undefined && isReady(cgroupsOf(init));
}

// Before systemd has moved into its own group it is in the root group of its tree, and would be hindered by company there:
// a cgroup2 group has either processes or children with controllers.
function isReady(groups: readonly string[]): boolean {
  return groups.some((group) => group.endsWith("/init.scope"));
}

/** Returns the process id of the host's init on this machine, or nothing while the host is not running. */
export function findInit(hostDir: string): number | undefined {
  const own = namespacePids("self").length;
  return cgroupPids(cgroupName(hostDir)).find((pid) => {
    const ids = namespacePids(String(pid));
    // Process 1 of a namespace just below ours: one further down belongs to a container inside of the host.
    return ids.length === own + 1 && ids.at(-1) === "1" && commandOf(pid) !== "systemd-nspawn";
  });
}

/** Returns a process's ids in all PID namespaces it is in, ours first (proc_pid_status(5), NSpid). */
function namespacePids(pid: string): readonly string[] {
  const line = /^NSpid:\s*(.*)$/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1] ?? "";
  return line.split(/\s+/).filter((id) => id !== "");
}

// Between the fork and the exec of init, nspawn's own child has process id 1: entering it would be too early.
function commandOf(pid: number): string {
  return readOrNothing(`/proc/${String(pid)}/comm`)
    .trim()
    .replace(/^\((sd-.*)\)$/, "systemd-nspawn");
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
