/**
 * A directory for what the test files of one run share. Vitest sets it up before the first file, and removes it after the last,
 * with every sandbox that a file could not remove itself.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { runSync } from "../../ops/lib/process";
import { cachePart } from "../../sandbox/machines/cache";
import { destroySandbox, listSandboxes } from "../../sandbox/machines/sandbox";

const VARIABLE = "PHIWARD_TEST_RUN";

/** Returns the run's directory. Throws outside of a run of the host tests. */
export function runDirectory(): string {
  const directory = process.env[VARIABLE];
  if (directory === undefined) throw new Error(`${VARIABLE} is not set: run this test by vitest, in the project "host"`);
  return directory;
}

/** Returns an id for a new sandbox, by which it is known to be of this run. `kind` says what it is for. */
export function sandboxId(kind: string): string {
  return `${kind}-${basename(runDirectory())}-${randomBytes(3).toString("hex")}`;
}

/** Makes the directory, after removing what is left of runs that were killed. Called by Vitest. */
export async function setup(): Promise<void> {
  for (const run of readdirSync(cachePart("runs")).filter(isOver)) remove(join(cachePart("runs"), run));
  await destroySandboxes(isOver);
  const directory = join(cachePart("runs"), String(process.pid));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Inherited by the processes in which test files run.
  process.env[VARIABLE] = directory;
  process.once("exit", () => {
    remove(directory);
  });
}

/** Removes what is left of the run: of a file that ended in the middle, say. Called by Vitest. */
export async function teardown(): Promise<void> {
  const directory = runDirectory();
  await destroySandboxes((run) => run === basename(directory));
  remove(directory);
}

/** Whether this is the number of a run that has ended. */
function isOver(run: string): boolean {
  return /^\d+$/.test(run) && !existsSync(`/proc/${run}`);
}

async function destroySandboxes(ofRun: (run: string) => boolean): Promise<void> {
  for (const { id } of listSandboxes()) {
    const [, run] = /^[a-z]+-(\d+)-[0-9a-f]{6}$/.exec(id) ?? [];
    if (run !== undefined && ofRun(run)) await destroySandbox(id);
  }
}

function remove(directory: string): void {
  // Hardening likes to set the immutable and append-only attributes.
  for (const argv of [
    ["rm", "-rf"],
    ["chattr", "-R", "-f", "-ia"],
    ["rm", "-rf"],
  ] as const)
    if (existsSync(directory)) runSync([...argv, directory]);
}
