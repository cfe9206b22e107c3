import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Claim } from "./claims";
import { type Beneath, makeDisk, rootOf } from "./disk";
import type { SandboxHost } from "./inventory";
import { hostPort, sandboxLayout } from "./layout";
import { powerOn, waitUntilBooted, waitUntilSshAnswers } from "./power";
import { writePowerFile } from "./powerFile";

/** What the hosts of one sandbox have in common. */
export interface HostsOptions {
  readonly claim: Claim;
  readonly beneath: Beneath;
  /** The admin's private key file, with the public one beside it. */
  readonly keyFile: string;
  readonly names: readonly string[];
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes and starts all hosts of a sandbox at the same time and resolves when SSH answers on each. If one fails, the others are
 * given up at once, but the rejection waits until none of them is being worked on any more.
 */
export async function raiseHosts(options: HostsOptions): Promise<readonly SandboxHost[]> {
  const siblings = new AbortController();
  const signal = AbortSignal.any([options.signal, siblings.signal]);
  const raising = options.names.map(async (name, index) => {
    try {
      return await raiseHost({ ...options, signal }, name, index);
    } catch (error) {
      siblings.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(raising);
  // The reason why the siblings were given up is the first failure itself.
  siblings.signal.throwIfAborted();
  return Promise.all(raising);
}

async function raiseHost(options: HostsOptions, name: string, index: number): Promise<SandboxHost> {
  const { claim, beneath, keyFile, progress, signal } = options;
  const start = Date.now();
  const port = hostPort(claim.number, index, name);
  const hostDir = join(claim.dir, "hosts", name);
  mkdirSync(hostDir, { recursive: true, mode: 0o700 });
  const adminKey = readFileSync(`${keyFile}.pub`, "utf8").trim();
  const { address, address6 } = port;
  const hostKey = await makeDisk(hostDir, beneath, { name, address, address6, adminKey }, signal);
  writePowerFile(hostDir, name, port, sandboxLayout(claim.number));
  signal.throwIfAborted();
  await powerOn(hostDir);
  await waitUntilSshAnswers(hostDir, address, signal);
  await waitUntilBooted(hostDir, signal);
  progress(
    `${name}: a ${beneath.template === undefined ? "fresh" : "prepared"} Debian 13 at ${address}, up after ${((Date.now() - start) / 1000).toFixed(1)} s`,
  );
  return { name, address, address6, hostKey, root: rootOf(hostDir) };
}
