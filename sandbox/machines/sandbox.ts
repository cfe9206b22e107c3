import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { reachableResolvConf } from "./archive";
import { ensureBase } from "./base";
import { cachePart, sandboxDirectory } from "./cache";
import { type Claim, findClaim, isCreatorAlive, takeClaim, withRegistry } from "./claims";
import { harvestDebs } from "./disk";
import { reasonOf, SandboxFailed } from "./errors";
import { untilInterrupted } from "./interrupt";
import { isComplete, openSandbox, type Sandbox, writeInventory } from "./inventory";
import { COMMON_ADMIN, MAX_PORTS, outsiderPort, sandboxLayout } from "./layout";
import { requireSandboxMachine } from "./machine";
import { comeFromCommonAddress, plugIn, raiseNetwork } from "./network";
import { ensurePackages } from "./packages";
import { consoleLog } from "./power";
import { raiseHosts } from "./raiseHosts";
import { mustRun } from "./run";
import { deleteAsides, hostDirectories, setAside, tearDown } from "./teardown";
import { copyAdminKey } from "./template";

/** What a new sandbox is to be like. */
export interface SandboxOptions {
  /** Names the sandbox: a lower-case letter, then lower-case letters, digits and dashes, 30 characters at most. */
  readonly id: string;
  /** The hosts' names, spelled as the id is, each of them once. */
  readonly hosts: readonly string[];
  /** How many outsiders there are; none by default. */
  readonly outsiders?: number;
  /**
   * Whether the admin's IPv4 connections come from the address that all sandboxes of this kind have in common, so that nothing
   * that is configured on a host depends on the sandbox's number; false by default.
   */
  readonly commonAdmin?: boolean;
  /** The directory of a template that the hosts start from, in place of a fresh Debian: see `takeTemplate`. */
  readonly template?: string;
  /** Receives progress messages, one line at a time. */
  readonly progress: (line: string) => void;
}

/** One sandbox as `listSandboxes` finds it: `up`, or `incomplete`, which is the rest of one that `destroySandbox` removes. */
export interface SandboxEntry {
  readonly id: string;
  readonly state: "up" | "incomplete";
}

const NAME = /^[a-z][a-z0-9-]{0,29}$/;

/**
 * Makes a sandbox of fresh Debian 13 servers and resolves when all of them have started and answer on their SSH port.
 *
 * Missing packages are installed on this machine, and named before. The first sandbox also builds the base root file system.
 * If anything fails, or SIGINT or SIGTERM arrives, all that was made is removed before the call is rejected: with
 * `SandboxUnavailable` if this machine cannot run a sandbox at all, else with `SandboxFailed`.
 */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  checkOptions(options);
  requireSandboxMachine();
  return untilInterrupted(async (signal) => {
    await ensurePackages(options.progress, signal);
    const base = await ensureBase(options.progress, signal);
    const claim = await claimDirectory(options.id);
    try {
      return await raise(claim, base, options, signal);
    } catch (error) {
      const consoles = keepConsoleLogs(options.id, claim.dir);
      const removal = await removeClaimed(claim.dir, () => claim).then(
        () => "",
        (failure: unknown) => `; ${reasonOf(failure)}`,
      );
      const consoleTail = error instanceof SandboxFailed ? error.consoleTail : "";
      const where = consoleTail === "" ? "" : `; its console: ${consoles}`;
      const message = `sandbox ${options.id}: ${reasonOf(error)}${where}${removal}`;
      throw new SandboxFailed(message, { cause: error, consoleTail });
    }
  });
}

/**
 * Removes a sandbox and leaves nothing of it: processes, namespaces, mounts, interfaces, firewall rules, cgroups, directories.
 * To remove one that is not there, or only in part, is no fault; one that another process is making is.
 */
export async function destroySandbox(id: string): Promise<void> {
  checkName("id", id);
  const dir = sandboxDirectory(id);
  await removeClaimed(dir, () => {
    const claim = findClaim(dir);
    if (claim !== undefined) refuseWhileMaking(id, claim);
    return claim;
  });
  rmSync(failedDirectory(id), { recursive: true, force: true });
}

/** Returns all sandboxes of this cache, by id. */
export function listSandboxes(): readonly SandboxEntry[] {
  const ids = readdirSync(cachePart("sandboxes")).filter((name) => NAME.test(name));
  return ids.sort().map((id) => ({ id, state: openSandbox(id) === undefined ? "incomplete" : "up" }));
}

async function raise(claim: Claim, base: string, options: SandboxOptions, signal: AbortSignal): Promise<Sandbox> {
  const { id, progress, template, commonAdmin = false } = options;
  const { number, dir } = claim;
  const layout = sandboxLayout(number);
  const keyFile = join(dir, "id_ed25519");
  if (template !== undefined) copyAdminKey(template, keyFile);
  else await mustRun(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", `admin@${id}`, "-f", keyFile], { signal });
  await raiseNetwork(layout, signal);
  if (commonAdmin) await comeFromCommonAddress(layout, signal);
  const outsiders = Array.from({ length: options.outsiders ?? 0 }, (_, index) => outsiderPort(number, index));
  for (const outsider of outsiders) await plugIn(outsider, layout, signal);
  harvestAll();
  if (reachableResolvConf() === undefined) progress("hosts: no name server of this machine can be reached from them");
  const hosts = await raiseHosts({ claim, beneath: { base, template }, keyFile, names: options.hosts, progress, signal });
  const { bridge, subnet, subnet6 } = layout;
  const { adminAddress, adminAddress6 } = commonAdmin ? COMMON_ADMIN : layout;
  const sandbox: Sandbox = {
    ...{ id, dir, bridge, adminAddress, adminAddress6, subnet, subnet6, keyFile, hosts },
    outsiders: outsiders.map(({ netns, address, address6 }) => ({ netns, address, address6 })),
  };
  writeInventory(sandbox);
  return sandbox;
}

/** Takes a number and an empty directory for the sandbox, after removing what a killed process or a restart left behind. */
async function claimDirectory(id: string): Promise<Claim> {
  const dir = sandboxDirectory(id);
  const claim = await withRegistry(async () => {
    const old = findClaim(dir);
    if (openSandbox(id) !== undefined) throw new SandboxFailed(`sandbox ${id} is up already: open it, or remove it first`);
    if (old !== undefined) {
      refuseWhileMaking(id, old);
      await tearDown(old);
    }
    setAside(dir);
    const taken = await takeClaim(dir);
    mkdirSync(dir, { mode: 0o700 });
    return taken;
  });
  await deleteAsides(dir);
  return claim;
}

/** Removes what is in a sandbox's directory, and all that its claim stands for if `find`, called under the lock, returns one. */
async function removeClaimed(dir: string, find: () => Claim | undefined): Promise<void> {
  await withRegistry(async () => {
    const claim = find();
    if (claim !== undefined) await tearDown(claim);
    setAside(dir);
  });
  await deleteAsides(dir);
}

function refuseWhileMaking(id: string, claim: Claim): void {
  if (isComplete(id) || !isCreatorAlive(claim)) return;
  const pid = String(claim.creator.pid);
  throw new SandboxFailed(`sandbox ${id} is being created by process ${pid}: interrupt that one, it cleans up after itself`);
}

/** Lets a new sandbox profit from what the running ones have downloaded so far. */
function harvestAll(): void {
  for (const { id } of listSandboxes()) hostDirectories(sandboxDirectory(id)).forEach(harvestDebs);
}

/** Saves the hosts' consoles from the removal of a sandbox that failed, until its id is used again; returns their directory. */
function keepConsoleLogs(id: string, dir: string): string {
  const failed = failedDirectory(id);
  try {
    rmSync(failed, { recursive: true, force: true });
    for (const hostDir of hostDirectories(dir).filter((host) => existsSync(consoleLog(host)))) {
      mkdirSync(failed, { recursive: true });
      copyFileSync(consoleLog(hostDir), join(failed, `${basename(hostDir)}.log`));
    }
  } catch {
    // The disk is full, say: no reason not to remove the sandbox.
  }
  return failed;
}

function failedDirectory(id: string): string {
  return join(cachePart("failed"), id);
}

function checkOptions({ id, hosts, outsiders = 0 }: SandboxOptions): void {
  checkName("id", id);
  for (const name of hosts) checkName("host name", name);
  if (new Set(hosts).size < hosts.length) throw new SandboxFailed(`hosts: ${hosts.join(", ")}: a name occurs twice`);
  if (hosts.length > MAX_PORTS || outsiders > MAX_PORTS) {
    throw new SandboxFailed(`sandbox ${id}: at most ${String(MAX_PORTS)} hosts and as many outsiders`);
  }
}

function checkName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw new SandboxFailed(`sandbox ${what} "${name}": allowed are lower-case letters, digits and dashes, a letter first`);
}
