import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "../../ops/lib/context";

/** The parts of the cache; `sandboxes` holds one directory per sandbox, `runs` one per run of the tests, the others outlive them. */
export type CachePart = "base" | "images" | "archives" | "failed" | "sandboxes" | "runs";

/**
 * Returns the directory of one part of the cache, and makes it where it is missing. The cache is outside of any checkout, so that a
 * fresh clone starts with a warm one.
 */
export function cachePart(part: CachePart): string {
  const directory = join(cacheRoot(), part);
  // 0700: the sandboxes' private keys and password files lie below.
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** Returns the directory of one sandbox, whether or not it exists. */
export function sandboxDirectory(id: string): string {
  return join(cachePart("sandboxes"), id);
}
