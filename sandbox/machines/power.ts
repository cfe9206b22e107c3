import { once } from "node:events";
import { closeSync, copyFileSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "../../ops/lib/process";
import { ROOT } from "../../ops/lib/root";
import { cgroupPids, kill } from "./cgroups";
import { SandboxFailed } from "./errors";
import { execInDirectory, findInit, isReadyForPrograms } from "./exec";
import type { SandboxHost } from "./inventory";
import { cgroupName } from "./powerFile";

// Two minutes: a start takes seconds, but a machine may be starting many hosts and running tests as well.
const PATIENCE_MS = 120_000;
const POLL_MS = 100;

/** Reboots a host in order, as `systemctl reboot` does, and resolves when it has started all of its services again. */
export async function rebootHost(host: SandboxHost): Promise<void> {
  const hostDir = dirname(host.root);
  const before = requireInit(hostDir);
  const answer = await execInDirectory(hostDir, ["systemctl", "reboot"], {});
  // From 128 on it was killed while the host went down, as is to be expected.
  if (answer.code !== 0 && answer.code < 128) throw new SandboxFailed(`${host.name}: ${answer.stderr.trim()}`);
  await waitFor(hostDir, "reboot", () => Promise.resolve(![undefined, before].includes(findInit(hostDir))));
  await waitUntilBooted(hostDir);
}

/** Powers a host off in order, as `systemctl poweroff` does, and resolves when nothing of it runs any more. */
export async function powerOff(host: SandboxHost): Promise<void> {
  const hostDir = dirname(host.root);
  const answer = await execInDirectory(hostDir, ["systemctl", "poweroff"], {});
  if (answer.code !== 0 && answer.code < 128) throw new SandboxFailed(`${host.name}: ${answer.stderr.trim()}`);
  await waitUntilOff(hostDir);
}

/** Pulls a host's plug: kills its init and so all of its processes, without a chance to put anything in order. */
export async function powerOffHard(host: SandboxHost): Promise<void> {
  const hostDir = dirname(host.root);
  kill(requireInit(hostDir), "SIGKILL");
  await waitUntilOff(hostDir);
}

/** Starts a host again that is off, with the disk it had, and resolves when it has started all of its services. */
export async function startHost(host: SandboxHost): Promise<void> {
  const hostDir = dirname(host.root);
  if (cgroupPids(cgroupName(hostDir)).length > 0) throw new SandboxFailed(`${host.name}: is running already`);
  await powerOn(hostDir);
  await waitUntilBooted(hostDir);
}

/**
 * Starts the supervisor of the host in this directory, which outlives this process. Resolves when it is in the host's cgroup,
 * for from then on a removal finds it.
 */
export async function powerOn(hostDir: string): Promise<void> {
  // Copies: a running shell reads its script as it goes, and the checkout may change under it or vanish.
  for (const script of ["supervise.sh", "plug-in.sh"]) copyFileSync(join(ROOT, "sandbox/machines", script), join(hostDir, script));
  const log = openSync(consoleLog(hostDir), "a", 0o600);
  const child = start(["bash", join(hostDir, "supervise.sh"), hostDir], {
    cwd: "/",
    detached: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  await once(child, "spawn");
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  while (!hasEnded() && !cgroupPids(cgroupName(hostDir)).some((pid) => pid === child.pid)) await sleep(5);
}

/** Returns the file that takes down all that the host in this directory says on its console. */
export function consoleLog(hostDir: string): string {
  return join(hostDir, "console.log");
}

/** Returns the last lines of a host's console. */
function consoleTail(hostDir: string): string {
  try {
    const text = readFileSync(consoleLog(hostDir), "utf8").replaceAll("\r", "");
    return text.trimEnd().split("\n").slice(-20).join("\n");
  } catch {
    return "";
  }
}

/** Resolves when the host's systemd has started, or failed to start, every unit. */
export async function waitUntilBooted(hostDir: string, signal?: AbortSignal): Promise<void> {
  const booted = async (): Promise<boolean> => {
    if (!isReadyForPrograms(hostDir)) return false;
    const answer = await execInDirectory(hostDir, ["systemctl", "is-system-running"], { signal });
    return /^(running|degraded)$/m.test(answer.stdout);
  };
  await waitFor(hostDir, "start", booted, signal);
}

/** Resolves when an SSH server answers at the address of the host in this directory. */
export async function waitUntilSshAnswers(hostDir: string, address: string, signal: AbortSignal): Promise<void> {
  await waitFor(hostDir, "answer on port 22", () => hasSshBanner(address), signal);
}

async function waitUntilOff(hostDir: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (cgroupPids(cgroupName(hostDir)).length > 0) {
    if (Date.now() > deadline) throw new SandboxFailed(`${basename(hostDir)}: did not go off`);
    await sleep(POLL_MS / 4);
  }
}

async function waitFor(hostDir: string, event: string, happened: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  const start = Date.now();
  while (!(await happened())) {
    signal?.throwIfAborted();
    const dead = cgroupPids(cgroupName(hostDir)).length === 0;
    if (dead || Date.now() - start > PATIENCE_MS) {
      const what = dead ? "died" : `did not ${event} within ${String(PATIENCE_MS / 1000)} s`;
      throw new SandboxFailed(`${basename(hostDir)}: the host ${what}`, { consoleTail: consoleTail(hostDir) });
    }
    await sleep(POLL_MS);
  }
}

function requireInit(hostDir: string): number {
  const init = findInit(hostDir);
  if (init === undefined) throw new SandboxFailed(`${basename(hostDir)}: this host is not running`);
  return init;
}

function hasSshBanner(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 1000 });
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("data", (chunk: Buffer) => {
      answer(chunk.toString("latin1").startsWith("SSH-2.0"));
    });
    socket.once("error", () => {
      answer(false);
    });
    socket.once("timeout", () => {
      answer(false);
    });
    socket.once("close", () => {
      answer(false);
    });
  });
}
