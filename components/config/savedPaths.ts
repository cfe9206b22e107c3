/** Which paths of a host can be in its backups. */

// The kernel's own views; a file there may have no end, or do something when it is read.
const KERNEL = ["/proc", "/sys", "/dev", "/run", "/var/run", "/var/lock"];
// The repository and what it is opened and signed with: a backup in itself grows without end, and the vault can read backups.
const OWN = ["/var/backups/phiward", "/var/lib/phiward", "/var/cache/phiward"];

/** What is allowed in the place of a path that no backup can have; undefined where it can be backed up. */
export function keptOutOfBackups(path: string): string | undefined {
  const kernel = KERNEL.find((directory) => isWithin(path, directory));
  if (kernel !== undefined) return `a path outside ${kernel}: nothing there lies on a disk`;
  return holdsBackups(path, OWN);
}

/** What is allowed in the place of a path that is one of these directories, in it or above it. */
export function holdsBackups(path: string, directories: readonly string[]): string | undefined {
  const own = directories.find((directory) => isWithin(path, directory) || isWithin(directory, path));
  return own === undefined ? undefined : `a path that is neither in ${own} nor above it: the backups themselves and their keys are there`;
}

function isWithin(path: string, directory: string): boolean {
  return `${path}/`.startsWith(`${directory}/`);
}
