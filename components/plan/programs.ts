/** The programs that plans bring along: where they stand on the host, and how they are run. */
import type { PlanDirectory } from "./types";

const PROGRAMS = "/usr/local/lib/phiward";

/** Directories of the programs and of their settings. */
export const PROGRAM_DIRECTORIES: readonly PlanDirectory[] = ["/etc/phiward", PROGRAMS].map((path) => ({
  path,
  owner: "root:root",
  mode: "0755",
}));

/** Path of a program on the host. */
export function programPath(name: string): string {
  return `${PROGRAMS}/${name}.py`;
}

/** The command that runs a program: isolated, so that nothing of whoever starts it decides what it loads. */
export function programCommand(name: string, ...words: readonly string[]): readonly string[] {
  return ["/usr/bin/python3", "-I", programPath(name), ...words];
}
