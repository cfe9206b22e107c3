/**
 * The kernel's audit for one host of a sandbox. The kernel takes rules from its first PID namespace alone, so that auditctl(8) and
 * auditd(8) of the host run there, and in the host's other namespaces. There is one audit for all of this machine: one host at a time.
 */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "../../ops/lib/process";
import type { Argv } from "../../ops/lib/programs";
import { SandboxFailed } from "./errors";
import { execInHost, initOf } from "./exec";
import type { SandboxHost } from "./inventory";
import { withLock } from "./lock";
import { mustRun, type RunResult, run } from "./run";

// Of all caches and checkouts.
const LOCK = "/run/phiward-kernel-audit";
const DAEMON_MS = 60_000;
const RULES = "/etc/audit/rules.d/phiward.rules";
// The kernel takes no rule about what is not there.
const UNLOCKED = `sed -n 's/.* -F dir=\\([^ ]*\\) .*/\\1/p' ${RULES} | xargs mkdir -p && grep -v '^-e 2$' ${RULES} > "$0"`;

/** Runs a program of the host that speaks to the kernel's audit. */
export type AuditProgram = (argv: readonly string[]) => Promise<RunResult>;

/** Makes the plan's rules, but for the lock, a file in the host, and what they name directories; returns the file's path. */
export async function unlockedRules(host: SandboxHost): Promise<string> {
  const path = "/run/unlocked.rules";
  const { code, stderr } = await execInHost(host, ["sh", "-c", UNLOCKED, path]);
  if (code !== 0) throw new SandboxFailed(`the host's audit rules cannot be read: ${stderr.trim()}`);
  return path;
}

/**
 * Does `work` while the kernel records by the rules in `file`, a file in the host that must not lock them: this machine could not
 * forget them. Afterwards there are none. Throws where the kernel refuses, e.g. in a container.
 */
export async function withKernelAudit<T>(host: SandboxHost, file: string, work: (asked: AuditProgram) => Promise<T>): Promise<T> {
  mkdirSync(LOCK, { recursive: true, mode: 0o700 });
  return withLock(LOCK, async () => {
    const enter: Argv = ["nsenter", "--target", String(initOf(host)), "--mount", "--net", "--uts", "--ipc", "--"];
    const asked: AuditProgram = (argv) => run([...enter, ...argv], {});
    const before = await asked(["auditctl", "-s"]);
    if (!/^enabled 0$/m.test(before.stdout) || !/^pid 0$/m.test(before.stdout))
      throw new SandboxFailed(`the kernel's audit of this machine is in use, or cannot be asked: ${before.stderr.trim()}`);
    const daemon = start([...enter, "auditd", "-n"], { stdio: "ignore" });
    const ended = once(daemon, "exit");
    try {
      await untilTaken(asked);
      await mustRun([...enter, "auditctl", "-R", file]);
      await mustRun([...enter, "auditctl", "-e", "1"]);
      return await work(asked);
    } finally {
      await asked(["auditctl", "-e", "0"]);
      await asked(["auditctl", "-D"]);
      daemon.kill("SIGTERM");
      await ended;
    }
  });
}

// As a host with a kernel of its own has it; besides records it takes nothing, and what it writes the host's journal has as well.
const JOURNALD = `mount -t tmpfs tmpfs /run/systemd/journal && mount -t tmpfs tmpfs /etc/systemd/journald.conf.d &&
  printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nForwardToSyslog=no\\nRateLimitIntervalSec=0\\n' \\
    > /etc/systemd/journald.conf.d/records.conf &&
  exec setpriv --pdeathsig TERM /usr/lib/systemd/systemd-journald`;

/**
 * Does `work` while the kernel's records are in the host's journal as well. It sends them to the first network namespace alone, where
 * journald of a host in a sandbox is not: a second one of the host is.
 */
export async function withRecordsInJournal<T>(host: SandboxHost, work: () => Promise<T>): Promise<T> {
  const enter: Argv = ["nsenter", "--target", String(initOf(host)), "--mount", "--uts", "--ipc", "--pid", "--"];
  const journald = start([...enter, "unshare", "--mount", "sh", "-c", JOURNALD], { stdio: "ignore" });
  const ended = once(journald, "exit");
  try {
    await untilJournal(host);
    return await work();
  } finally {
    journald.kill("SIGTERM");
    await ended;
  }
}

async function untilJournal(host: SandboxHost): Promise<void> {
  const deadline = Date.now() + DAEMON_MS;
  while ((await execInHost(host, ["sh", "-c", "ls /run/log/journal/*/system.journal"])).code !== 0) {
    if (Date.now() > deadline) throw new SandboxFailed(`${host.name}: no journal took the kernel's records in time`);
    await sleep(100);
  }
}

async function untilTaken(asked: AuditProgram): Promise<void> {
  const deadline = Date.now() + DAEMON_MS;
  while (/^pid 0$/m.test((await asked(["auditctl", "-s"])).stdout)) {
    if (Date.now() > deadline) throw new SandboxFailed("no audit daemon took the records in time");
    await sleep(100);
  }
}
