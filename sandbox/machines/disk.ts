import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reachableResolvConf } from "./archive";
import { cachePart } from "./cache";
import { mounts } from "./machine";
import { mustRun, run } from "./run";
import { copyParts, templateHostKey, templateLayer } from "./template";

/** What a new server is called and who may log in. */
export interface Identity {
  readonly name: string;
  readonly address: string;
  readonly address6: string;
  /** The line for root's authorized_keys(5). */
  readonly adminKey: string;
}

/** Returns the directory in which the host of this directory has its whole file system, while it is mounted. */
export function rootOf(hostDir: string): string {
  return join(hostDir, "root");
}

/** What is beneath a new host's own layer. */
export interface Beneath {
  /** The root file system of all hosts. */
  readonly base: string;
  /** The directory of a template: see `takeTemplate`. */
  readonly template: string | undefined;
}

/**
 * Makes the disk of a new host: its own layer over the shared base, with what makes it a separate server: name, machine
 * id, SSH host keys, root's authorized key. Over a template all but the name is the template's. Returns its ed25519 host key as
 * `ssh-ed25519 AAAA…`.
 */
export async function makeDisk(hostDir: string, { base, template }: Beneath, identity: Identity, signal: AbortSignal): Promise<string> {
  for (const part of ["root", "upper", "work", "docker", "containerd", "archives"]) {
    mkdirSync(join(hostDir, part), { recursive: true, mode: 0o755 });
  }
  const root = rootOf(hostDir);
  const lower = template === undefined ? base : `${templateLayer(template)}:${base}`;
  const layers = `lowerdir=${lower},upperdir=${join(hostDir, "upper")},workdir=${join(hostDir, "work")}`;
  // volatile: nothing is synced to the disk, which makes package installs much faster. The layer is lost with this machine's
  // power, not with the host's.
  await mustRun(["mount", "-t", "overlay", "overlay", "-o", `${layers},volatile`, root], { signal });
  linkDebs(cachePart("archives"), join(hostDir, "archives"));

  const { name, address, address6, adminKey } = identity;
  const loopback = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";
  write(root, "etc/hostname", `${name}\n`);
  write(root, "etc/hosts", `${loopback}${address} ${name}\n${address6} ${name}\n`);
  write(root, "etc/resolv.conf", reachableResolvConf() ?? "");
  if (template !== undefined) {
    await copyParts(template, hostDir, signal);
    return templateHostKey(template);
  }
  write(root, "etc/machine-id", `${randomBytes(16).toString("hex")}\n`);
  write(root, "root/.ssh/authorized_keys", `${adminKey}\n`, 0o600);
  await mustRun(["ssh-keygen", "-q", "-A", "-f", root], { signal });
  const [type = "", key = ""] = readFileSync(join(root, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8").split(" ");
  return `${type} ${key}`;
}

/**
 * Puts the packages that a host has downloaded into the shared cache. Each host has its own directory, because apt locks
 * it: the files in it are hard links, which cost neither time nor space.
 */
export function harvestDebs(hostDir: string): void {
  linkDebs(join(hostDir, "archives"), cachePart("archives"));
}

/** Unmounts whatever is mounted below a directory, the newest first. */
export async function unmountBelow(dir: string): Promise<void> {
  const targets = mounts().flatMap(({ target }) => (target.startsWith(`${dir}/`) ? [target] : []));
  for (const target of targets.toReversed()) {
    if ((await run(["umount", target])).code !== 0) await mustRun(["umount", "--lazy", target]);
  }
}

function linkDebs(from: string, to: string): void {
  for (const file of listDebs(from)) {
    try {
      linkSync(join(from, file), join(to, file));
    } catch (error) {
      // EEXIST: the same package, from another host. ENOENT: apt has just cleaned it up.
      if (!isErrno(error, "EEXIST") && !isErrno(error, "ENOENT")) throw error;
    }
  }
}

function listDebs(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((file) => file.endsWith(".deb"));
  } catch {
    return [];
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Writes a file of the host from outside, replacing symbolic links: they would lead into this machine's own /etc. */
function write(root: string, file: string, text: string, mode = 0o644): void {
  rmSync(join(root, file), { force: true });
  writeFileSync(join(root, file), text, { mode });
}
