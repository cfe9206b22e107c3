import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Argv } from "../../ops/lib/programs";
import { cgroupPids, kill, razeCgroups } from "./cgroups";
import { abandonClaim, type Claim, releaseClaim } from "./claims";
import { harvestDebs, unmountBelow } from "./disk";
import { reasonOf, SandboxFailed } from "./errors";
import { findInit } from "./exec";
import { sandboxLayout } from "./layout";
import { razeNetwork } from "./network";
import { cgroupName } from "./powerFile";
import { mustRun, run } from "./run";

// No sandbox's id has a dot in it.
const ASIDE = ".removed-";

/**
 * Removes all that carries the claim's number or lies in its directory, and gives the number back. Every part is tried even
 * if one before it failed; only then are the failures thrown, as one. To be called within `withRegistry`. What is left is the
 * directory, which is for `setAside` and `deleteAsides`.
 */
export async function tearDown(claim: Claim): Promise<void> {
  const { prefix } = sandboxLayout(claim.number);
  const hostDirs = hostDirectories(claim.dir);
  const failures: string[] = [];
  abandonClaim(claim);
  const attempt = async (part: string, work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(`${part}: ${reasonOf(error)}`);
    }
  };
  await attempt("hosts", async () => {
    await Promise.all(hostDirs.map(stop));
  });
  await attempt("cgroups", () => razeCgroups(prefix));
  await attempt("network", () => razeNetwork(claim.number));
  await attempt("package cache", () => {
    hostDirs.forEach(harvestDebs);
  });
  await attempt("mounts", () => unmountBelow(claim.dir));
  await attempt("nspawn's directories", () => {
    removePropagation(prefix);
  });
  // The number stays taken while something of it is left, so that no other sandbox gets it.
  if (failures.length > 0) throw new SandboxFailed(`${claim.dir}: could not be removed: ${failures.join("; ")}`);
  releaseClaim(claim);
}

/** Renames a sandbox's directory if it exists, so that its name is free at once: to delete it all may take a while. */
export function setAside(dir: string): void {
  if (existsSync(dir)) renameSync(dir, `${dir}${ASIDE}${String(process.pid)}-${String(Date.now())}`);
}

/** Deletes what was set aside of a sandbox's directory, by this process or one that was killed; never what is mounted there. */
export async function deleteAsides(dir: string): Promise<void> {
  const names = readdirSync(dirname(dir)).filter((name) => name.startsWith(`${basename(dir)}${ASIDE}`));
  for (const aside of names.map((name) => join(dirname(dir), name))) {
    const remove: Argv = ["rm", "-rf", "--one-file-system", aside];
    if ((await run(remove)).code === 0) continue;
    // Hardening likes to set the immutable and append-only attributes.
    await run(["chattr", "-R", "-f", "-ia", aside]);
    await mustRun(remove);
  }
}

async function stop(hostDir: string): Promise<void> {
  if (!existsSync(join(hostDir, "power"))) return;
  const group = cgroupName(hostDir);
  // Ends the supervisor's loop; killing its init then lets nspawn tidy up after itself, as killing nspawn would not.
  const init = findInit(hostDir);
  for (const pid of cgroupPids(group).filter(isSupervisor)) kill(pid, "SIGTERM");
  if (init !== undefined) kill(init, "SIGKILL");
  const deadline = Date.now() + 3000;
  while (cgroupPids(group).length > 0 && Date.now() < deadline) await sleep(20);
}

function isSupervisor(pid: number): boolean {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").includes("/supervise.sh\0");
  } catch {
    return false;
  }
}

/** Returns the directories of the hosts in a sandbox's directory. */
export function hostDirectories(dir: string): readonly string[] {
  const hosts = join(dir, "hosts");
  return existsSync(hosts) ? readdirSync(hosts).map((name) => join(hosts, name)) : [];
}

function removePropagation(prefix: string): void {
  const directory = "/run/systemd/nspawn/propagate";
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory).filter((entry) => entry.startsWith(prefix))) {
    rmSync(join(directory, name), { recursive: true });
  }
}
