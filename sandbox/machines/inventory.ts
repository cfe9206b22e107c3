import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { sandboxDirectory } from "./cache";

/** One Debian 13 server of a sandbox. */
export interface SandboxHost {
  /** The name it has in the sandbox, which is also its host name. */
  readonly name: string;
  readonly address: string;
  readonly address6: string;
  /** The ed25519 host key of the fresh server as `ssh-ed25519 AAAA…`, without a comment. */
  readonly hostKey: string;
  /** The directory on this machine in which the host's whole file system can be seen. */
  readonly root: string;
}

/** A place on the sandbox's network that is neither the admin's laptop nor a host: attacks and scans come from here. */
interface Outsider {
  /** The name of its network namespace on this machine. */
  readonly netns: string;
  readonly address: string;
  readonly address6: string;
}

/** A disposable data centre on this machine: hosts and outsiders on one network, with this machine as the admin's laptop. */
export interface Sandbox {
  readonly id: string;
  /** The directory that holds all of the sandbox; it goes with it. */
  readonly dir: string;
  /** The network bridge on this machine that hosts and outsiders are connected to. */
  readonly bridge: string;
  /** This machine's own address on the bridge: where the admin's connections come from. */
  readonly adminAddress: string;
  readonly adminAddress6: string;
  /** The sandbox's IPv4 network, in CIDR notation. */
  readonly subnet: string;
  /** The sandbox's IPv6 network, in CIDR notation. */
  readonly subnet6: string;
  /** The file with the admin's ed25519 private key, which root of every fresh host lets in; `.pub` beside it. */
  readonly keyFile: string;
  readonly hosts: readonly SandboxHost[];
  readonly outsiders: readonly Outsider[];
}

const place = { address: z.ipv4(), address6: z.ipv6() };

const inventorySchema = z.strictObject({
  id: z.string(),
  dir: z.string(),
  bridge: z.string(),
  adminAddress: z.ipv4(),
  adminAddress6: z.ipv6(),
  subnet: z.cidrv4(),
  subnet6: z.cidrv6(),
  keyFile: z.string(),
  hosts: z.array(z.strictObject({ name: z.string(), ...place, hostKey: z.string(), root: z.string() })),
  outsiders: z.array(z.strictObject({ netns: z.string(), ...place })),
});

/** Writes the sandbox's inventory, whole or not at all: its presence says that the sandbox is complete. */
export function writeInventory(sandbox: Sandbox): void {
  const file = inventoryFile(sandbox.id);
  writeFileSync(`${file}.new`, `${JSON.stringify(sandbox, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * Returns the sandbox with this id if it is complete and its network is up, else nothing: none was made, its making did not
 * end, or this machine has been restarted since.
 */
export function openSandbox(id: string): Sandbox | undefined {
  if (!isComplete(id)) return undefined;
  const inventory: unknown = JSON.parse(readFileSync(inventoryFile(id), "utf8"));
  const sandbox: Sandbox | undefined = inventorySchema.safeParse(inventory).data;
  return sandbox !== undefined && existsSync(join("/sys/class/net", sandbox.bridge)) ? sandbox : undefined;
}

/** Returns whether the making of this sandbox came to its end, even if the sandbox is no longer up. */
export function isComplete(id: string): boolean {
  return existsSync(inventoryFile(id));
}

function inventoryFile(id: string): string {
  return join(sandboxDirectory(id), "inventory.json");
}
