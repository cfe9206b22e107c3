/** Where phiward is. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Its own directory, wherever this is loaded from: as it stands here, or bundled. */
export const ROOT = above(__dirname);

function above(directory: string): string {
  return existsSync(join(directory, "ops/build.cjs")) || directory === dirname(directory) ? directory : above(dirname(directory));
}
