/** What a program and all that it starts take of the processors, in a cgroup of their own. */
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { member } from "../../components/config/unknown";
import { runSync } from "../../ops/lib/process";
import type { Argv } from "../../ops/lib/programs";
import { cgroupPids } from "./cgroups";
import { cgroupTrees } from "./machine";

/** What a command took, in seconds. */
export interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

/**
 * Runs a command to its end, and the programs that it leaves behind to theirs. The times of a shell's children lack those that nobody
 * waited for, which with Pulumi are the policy pack and the providers. Throws Error with the command's own words if it fails.
 */
export async function taken(argv: Argv, { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Promise<Taken> {
  const [tree] = cgroupTrees();
  if (tree === undefined)
    throw new Error("cgroup2: found no mount of it, allowed: one in which root can make groups; see mount -t cgroup2");
  const name = `phiward-bench-${String(process.pid)}`;
  const group = join(tree, name);
  mkdirSync(group);
  try {
    const start = performance.now();
    const inside: Argv = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', join(group, "cgroup.procs"), ...argv];
    const { status, stdout, stderr } = runSync(inside, { cwd, env });
    const wall = (performance.now() - start) / 1000;
    await emptied(name);
    if (status !== 0) throw new Error(`${argv.slice(0, 2).join(" ")}: ${stdout}${stderr}`);
    return { wall, cpu: Number(/^usage_usec (\d+)$/m.exec(readFileSync(join(group, "cpu.stat"), "utf8"))?.[1]) / 1e6 };
  } finally {
    await emptied(name);
    await removed(group);
  }
}

// One that nobody has waited for yet keeps its group busy after it is no longer listed there.
async function removed(group: string): Promise<void> {
  for (let tries = 0; ; tries++)
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if (member(error, "code") !== "EBUSY" || tries === 200) throw error;
      await sleep(50);
    }
}

// What Pulumi has killed ends a moment after it.
async function emptied(name: string): Promise<void> {
  for (let tries = 0; tries < 200 && cgroupPids(name).length > 0; tries++) await sleep(50);
}
