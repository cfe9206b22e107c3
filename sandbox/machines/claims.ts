import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SandboxFailed } from "./errors";
import { MAX_SANDBOXES, sandboxLayout } from "./layout";
import { withLock } from "./lock";
import { mustRun } from "./run";

/** Says that a sandbox number is taken, by whom, and where its directory is. */
export interface Claim {
  readonly number: number;
  readonly dir: string;
  /** The process that makes the sandbox; with its start time, because process ids come round again. */
  readonly creator: { readonly pid: number; readonly startTime: string };
}

const claimSchema = z.strictObject({
  number: z.int().min(1).max(MAX_SANDBOXES),
  dir: z.string(),
  creator: z.strictObject({ pid: z.int(), startTime: z.string() }),
});

// The networks are this machine's, whatever cache a sandbox is in, so their numbers are given out per machine.
const REGISTRY = "/run/phiward";
const FORWARDING = "/proc/sys/net/ipv4/ip_forward";
const SAVED_FORWARDING = join(REGISTRY, "ip_forward");

/** Does `work` while no other process of this machine takes or gives back a sandbox number. */
export function withRegistry<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(REGISTRY, { recursive: true, mode: 0o700 });
  return withLock(REGISTRY, work);
}

/** Returns the claim of the sandbox in this directory, if it has one. To be called within `withRegistry`. */
export function findClaim(dir: string): Claim | undefined {
  return allClaims().find((claim) => claim.dir === dir);
}

/** Takes the first number whose network no one on this machine uses. To be called within `withRegistry`. */
export async function takeClaim(dir: string): Promise<Claim> {
  const taken = new Set(allClaims().map((claim) => claim.number));
  const routes = await mustRun(["ip", "-4", "route", "show", "table", "all"]);
  for (let number = 1; number <= MAX_SANDBOXES; number++) {
    const { bridge, subnet } = sandboxLayout(number);
    if (taken.has(number) || existsSync(`/sys/class/net/${bridge}`) || routes.includes(subnet)) continue;
    const startTime = startTimeOf(process.pid) ?? "";
    const claim: Claim = { number, dir, creator: { pid: process.pid, startTime } };
    if (!existsSync(SAVED_FORWARDING)) writeFileSync(SAVED_FORWARDING, readFileSync(FORWARDING, "utf8"));
    writeFileSync(FORWARDING, "1\n");
    writeClaim(claim);
    return claim;
  }
  throw new SandboxFailed(`all ${String(MAX_SANDBOXES)} sandbox networks are in use: remove a sandbox first`);
}

/** Gives a number back; with the last one, IPv4 forwarding is as it was before the first. To be called within `withRegistry`. */
export function releaseClaim(claim: Claim): void {
  rmSync(claimFile(claim.number), { force: true });
  if (allClaims().length > 0 || !existsSync(SAVED_FORWARDING)) return;
  writeFileSync(FORWARDING, readFileSync(SAVED_FORWARDING, "utf8"));
  rmSync(SAVED_FORWARDING);
}

/** Notes that the claim's creator no longer works on the sandbox, so that anyone may remove it. To be called within `withRegistry`. */
export function abandonClaim(claim: Claim): void {
  writeClaim({ ...claim, creator: { pid: 0, startTime: "" } });
}

/** Returns whether the process that took the claim still runs. */
export function isCreatorAlive(claim: Claim): boolean {
  return startTimeOf(claim.creator.pid) === claim.creator.startTime;
}

function allClaims(): readonly Claim[] {
  if (!existsSync(REGISTRY)) return [];
  const files = readdirSync(REGISTRY).filter((name) => name.endsWith(".json"));
  return files.map((name) => claimSchema.parse(JSON.parse(readFileSync(join(REGISTRY, name), "utf8"))));
}

function writeClaim(claim: Claim): void {
  const file = claimFile(claim.number);
  writeFileSync(`${file}.new`, JSON.stringify(claim), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function claimFile(number: number): string {
  return join(REGISTRY, `${String(number)}.json`);
}

/** Returns a process's start time in clock ticks since boot (proc_pid_stat(5), field 22), or nothing if there is none. */
function startTimeOf(pid: number): string | undefined {
  try {
    // The second field is the program's name in brackets, and may hold anything: counted from behind it.
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
