/** How much room a disk of this machine has, for what may be as large as a host's memory. */
import { statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OperatorError } from "../errors";

// Less is written without a look at what is free: what most evidence has.
const SMALL_BYTES = 64 * 1024 ** 2;

/** Says how many bytes are free beside a path; undefined where nothing says it. */
export type Free = (path: string) => number | undefined;

/** As the file system has it, for whoever runs this. */
export const freeBeside: Free = (path) => {
  try {
    const { bavail, bsize } = statfsSync(dirname(resolve(path)));
    return bavail * bsize;
  } catch {
    return undefined;
  }
};

/** Throws OperatorError where a file cannot be opened into `directory` for want of room. Opened it is no larger than the file. */
export function requireRoom(file: string, bytes: number, directory: string, free: Free = freeBeside): void {
  const found = free(directory);
  if (bytes <= SMALL_BYTES || found === undefined || found >= bytes) return;
  throw new OperatorError(
    `--output: found ${sized(found)} free at ${dirname(resolve(directory))}, allowed: the ${sized(bytes)} of ${file}; nothing was opened`,
    2,
  );
}

/** A size for a person. */
export function sized(bytes: number): string {
  if (bytes < 10_000) return `${String(bytes)} B`;
  const kibibytes = Math.ceil(bytes / 1024);
  return kibibytes < 10_000_000 ? `${String(kibibytes)} KiB` : `${(kibibytes / 1024 ** 2).toFixed(1)} GiB`;
}

/** Looks, each so many bytes, whether a disk still has room. */
export class Room {
  readonly #path: string;
  readonly #free: Free;
  #looked = 0;

  constructor(path: string, free: Free = freeBeside) {
    this.#path = path;
    this.#free = free;
  }

  /** In words why no more than `written` bytes should be written; undefined where there is room. */
  refusal(written: number): string | undefined {
    if (written - this.#looked < SMALL_BYTES) return undefined;
    this.#looked = written;
    const found = this.#free(this.#path);
    // As much again comes before the next look; the rest is for what is written beside it.
    const least = 2 * SMALL_BYTES;
    if (found === undefined || found >= least) return undefined;
    return `found ${sized(found)} free at ${dirname(resolve(this.#path))}, allowed: ${sized(least)} at least`;
  }
}
