/** A directory for what the test files of one run share. Vitest sets it up before the first file, and removes it after the last. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cachePart } from "../../sandbox/machines/cache";

const VARIABLE = "PHIWARD_TEST_RUN";

/** Returns the run's directory. Throws outside of a run of the host tests. */
export function runDirectory(): string {
  const directory = process.env[VARIABLE];
  if (directory === undefined) throw new Error(`${VARIABLE} is not set: run this test by vitest, in the project "host"`);
  return directory;
}

/** Makes the directory, after removing those of runs that were killed. Called by Vitest. */
export function setup(): void {
  for (const name of readdirSync(cachePart("runs"))) if (!existsSync(`/proc/${name}`)) remove(join(cachePart("runs"), name));
  const directory = join(cachePart("runs"), String(process.pid));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Inherited by the processes in which test files run.
  process.env[VARIABLE] = directory;
  process.once("exit", teardown);
}

/** Removes the directory; it may be gone already. Called by Vitest, and when its process ends. */
export function teardown(): void {
  const directory = process.env[VARIABLE];
  if (directory !== undefined) remove(directory);
}

function remove(directory: string): void {
  // Hardening likes to set the immutable and append-only attributes.
  for (const argv of [
    ["rm", "-rf"],
    ["chattr", "-R", "-f", "-ia"],
    ["rm", "-rf"],
  ]) {
    const [program = "", ...options] = argv;
    if (existsSync(directory)) spawnSync(program, [...options, directory]);
  }
}
