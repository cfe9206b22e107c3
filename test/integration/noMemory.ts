/** A host on which a program takes all memory, again and again: what others ask for ends that one, or them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from "node:fs";
import { initOf } from "../../sandbox/machines/exec";
import type { SandboxHost } from "../../sandbox/machines/inventory";
import { waitFor } from "./waiting";

type Inside = (...words: readonly string[]) => Promise<unknown>;

// Beside what runs already, which counts to where it began.
const LIMIT = 256 << 20;
const MEMORY = "/sys/fs/cgroup/memory";
const HOG = "all-memory";
const TAKES_ALL = "kept = []\nwhile True: kept.append(bytearray(1 << 20))";

/** Whether this machine can limit the memory of a host, by the first version of control groups. */
function canLimitMemory(): boolean {
  return existsSync(`${MEMORY}/memory.limit_in_bytes`);
}

/**
 * Does something while the host has no memory free, and throws where the kernel has ended no program for that. On a machine that cannot
 * limit it the same is done, and said.
 */
export async function withoutMemory<T>(host: SandboxHost, inside: Inside, work: () => Promise<T>): Promise<T> {
  if (!canLimitMemory()) {
    process.stdout.write("the host has memory: this machine has no control group of the first version\n");
    return work();
  }
  const own = /^\d+:memory:(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
  const above = existsSync(`${MEMORY}${own}`) ? `${MEMORY}${own}` : MEMORY;
  const group = `${above}/phiward-${String(process.pid)}`;
  mkdirSync(group);
  try {
    writeFileSync(`${group}/memory.limit_in_bytes`, String(LIMIT));
    move(host, group);
    const restarted = ["--property=Restart=always", "--property=RestartSec=100ms", "--property=StartLimitIntervalSec=0"];
    await inside("systemd-run", "--quiet", `--unit=${HOG}`, ...restarted, "python3", "-c", TAKES_ALL);
    await waitFor("the first that is ended", () => ended(group) > 0);
    const before = ended(group);
    const done = await work();
    const meanwhile = ended(group) - before;
    process.stdout.write(`without memory: the kernel has ended ${String(meanwhile)} programs\n`);
    if (meanwhile === 0) throw new Error("there was memory: the kernel has ended no program");
    return done;
  } finally {
    writeFileSync(`${group}/memory.limit_in_bytes`, "-1");
    await inside("sh", "-c", `systemctl stop ${HOG}.service; systemctl reset-failed`);
    await waitFor("all of the host is out of it", () => {
      move(host, above);
      return readFileSync(`${group}/cgroup.procs`, "utf8") === "";
    });
    rmdirSync(group);
  }
}

function ended(group: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(`${group}/memory.oom_control`, "utf8"))?.[1] ?? 0);
}

// All that runs on the host, by its processes' own numbers.
function move(host: SandboxHost, group: string): void {
  const space = spaceOf(String(initOf(host)));
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && spaceOf(name) === space))
    try {
      writeFileSync(`${group}/cgroup.procs`, pid);
    } catch (error) {
      // It has ended meanwhile.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
}

function spaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
