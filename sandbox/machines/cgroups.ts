import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupTrees } from "./machine";

/** Returns the ids of all processes of this cgroup and the groups below it, in every tree. */
export function cgroupPids(name: string): readonly number[] {
  const pids = cgroupTrees().flatMap((tree) => groupsBelow(join(tree, name)).flatMap(pidsOf));
  return [...new Set(pids)];
}

/** Returns the directories of the cgroups that a process is in, those trees only that a host has a group in. */
export function cgroupsOf(pid: number): readonly string[] {
  const lines = readLines(`/proc/${String(pid)}/cgroup`);
  const [unified, named] = cgroupTrees();
  return lines.flatMap((line) => {
    const [, controllers, ...path] = line.split(":");
    const tree = controllers === "" ? unified : controllers === "name=systemd" ? named : undefined;
    return tree === undefined ? [] : [join(tree, path.join(":"))];
  });
}

/** Kills every process in the cgroups whose names begin with the prefix, and removes the groups. */
export async function razeCgroups(prefix: string): Promise<void> {
  for (const tree of cgroupTrees()) {
    for (const name of readdirSync(tree).filter((entry) => entry.startsWith(prefix))) {
      await killAll(name);
      for (const group of groupsBelow(join(tree, name)).toReversed()) rmdirSync(group);
    }
  }
}

async function killAll(name: string): Promise<void> {
  // A process may fork between the look and the blow, hence again until none is left.
  for (let pids = cgroupPids(name); pids.length > 0; pids = cgroupPids(name)) {
    for (const pid of pids) kill(pid, "SIGKILL");
    await sleep(20);
  }
}

/** Sends a signal to a process that may have ended in the meantime. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Returns a cgroup and all below it, parents first. */
function groupsBelow(group: string): readonly string[] {
  if (!existsSync(group)) return [];
  try {
    const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [group, ...children.flatMap((entry) => groupsBelow(join(group, entry.name)))];
  } catch {
    // Its own manager removed it while we looked.
    return [];
  }
}

function pidsOf(group: string): readonly number[] {
  return readLines(join(group, "cgroup.procs")).map(Number);
}

/** Returns a file's lines; none if it vanished, as processes and their groups do. */
function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    return [];
  }
}
