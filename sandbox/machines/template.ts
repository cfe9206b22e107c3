import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Sandbox, SandboxHost } from "./inventory";
import { powerOff } from "./power";
import { mustRun } from "./run";

/**
 * Powers a host of a sandbox off in order and takes its disk away as a template: what it has beyond the base root file system,
 * its host key, and the sandbox's admin key. The sandbox is of no more use, but to be removed. `directory` is made; it must be on
 * the file system that sandboxes are on.
 */
export async function takeTemplate({ keyFile }: Sandbox, host: SandboxHost, directory: string): Promise<void> {
  const hostDir = dirname(host.root);
  await powerOff(host);
  await mustRun(["umount", host.root]);
  mkdirSync(directory, { mode: 0o700 });
  for (const part of [LAYER, ...BOUND]) await mustRun(["mv", join(hostDir, part), join(directory, part)]);
  for (const suffix of ["", ".pub"]) copyFileSync(`${keyFile}${suffix}`, join(directory, `${KEY}${suffix}`));
  writeFileSync(join(directory, HOST_KEY), host.hostKey);
}

/** Returns the directory that is to be the layer beneath a new host's own. */
export function templateLayer(directory: string): string {
  return join(directory, LAYER);
}

/** Gives a new host its copy of what cannot be a layer beneath. */
export async function copyParts(directory: string, hostDir: string, signal: AbortSignal): Promise<void> {
  for (const part of BOUND)
    await mustRun(["cp", "--archive", "--reflink=auto", `${join(directory, part)}/.`, join(hostDir, part)], { signal });
}

/** Returns the public host key that every host of a template has. */
export function templateHostKey(directory: string): string {
  return readFileSync(join(directory, HOST_KEY), "utf8");
}

/** Gives a sandbox the admin key that its template's hosts let in. */
export function copyAdminKey(directory: string, keyFile: string): void {
  for (const suffix of ["", ".pub"]) copyFileSync(join(directory, `${KEY}${suffix}`), `${keyFile}${suffix}`);
}

// The parts of a host's disk: its layer over the base, and the directories that are bound over it.
const LAYER = "upper";
const BOUND = ["docker", "containerd"] as const;
const KEY = "id_ed25519";
const HOST_KEY = "host-key";
