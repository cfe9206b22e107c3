import { createHash } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type CachePart, cachePart } from "./cache";
import { reasonOf, SandboxFailed } from "./errors";
import { type LockOptions, withLock } from "./lock";
import { mounts } from "./machine";
import { mustRun } from "./run";

const UNFINISHED = ".unfinished";

/** A directory that is built once and then kept in the cache. */
export interface CachedBuild {
  /** The directory's name, which holds the hash of all that decides what is in it: see `recipeHash`. */
  readonly name: string;
  /** What it is, for messages. */
  readonly title: string;
  /** Makes the directory at a place that is not its last, until the signal fires. */
  readonly build: (unfinished: string, signal: AbortSignal) => Promise<void>;
}

/** Returns the hash of a recipe, of which all values are JSON, as part of a directory's name. */
export function recipeHash(recipe: unknown): string {
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
}

/**
 * Returns the directories of these builds, in their order, and makes those that are not in this part of the cache: all at a
 * time, and all or none. One process builds, others wait for it. A build that fails or is aborted leaves nothing.
 */
export async function ensureBuilt<const B extends readonly CachedBuild[]>(
  part: CachePart,
  builds: B,
  options: LockOptions,
): Promise<{ [K in keyof B]: string }> {
  const directories = builds.map(({ name }) => join(cachePart(part), name));
  const isMissing = ({ name }: CachedBuild): boolean => !existsSync(join(cachePart(part), name));
  directories.filter((directory) => existsSync(directory)).forEach(markUsed);
  const buildOnce = async (): Promise<void> => {
    if (!builds.some(isMissing)) return;
    removeUnused(part);
    await buildAll(part, builds.filter(isMissing), options.signal);
  };
  if (builds.some(isMissing)) await withLock(cachePart(part), buildOnce, options);
  // A map over a tuple has its length, which the type of Array.map does not say.
  return directories as { [K in keyof B]: string };
}

async function buildAll(part: CachePart, builds: readonly CachedBuild[], signal: AbortSignal | undefined): Promise<void> {
  const failed = new AbortController();
  const ended = AbortSignal.any(signal === undefined ? [failed.signal] : [failed.signal, signal]);
  const all = builds.map((one) =>
    buildOne(part, one, ended).catch((error: unknown) => {
      // The first failure ends the others; what is thrown below is the first.
      failed.abort(error);
    }),
  );
  await Promise.all(all);
  signal?.throwIfAborted();
  failed.signal.throwIfAborted();
}

async function buildOne(part: CachePart, { name, title, build }: CachedBuild, signal: AbortSignal): Promise<void> {
  const unfinished = join(cachePart(part), `${name}.${String(process.pid)}${UNFINISHED}`);
  try {
    await build(unfinished, signal);
    renameSync(unfinished, join(cachePart(part), name));
  } catch (error) {
    await mustRun(["rm", "-rf", "--one-file-system", unfinished]);
    signal.throwIfAborted();
    throw new SandboxFailed(`${title} could not be built: ${reasonOf(error)}`, { cause: error });
  }
}

/** Removes what killed builds left, and the results of older recipes that no host stands on or is just about to. */
function removeUnused(part: CachePart): void {
  const mountOptions = mounts().map((mount) => mount.options);
  for (const name of readdirSync(cachePart(part))) {
    const directory = join(cachePart(part), name);
    const isUsed = mountOptions.some((options) => options.includes(directory)) || Date.now() - statSync(directory).mtimeMs < 3_600_000;
    if (name.endsWith(UNFINISHED) || !isUsed) rmSync(directory, { recursive: true, force: true });
  }
}

function markUsed(directory: string): void {
  const now = new Date();
  utimesSync(directory, now, now);
}
