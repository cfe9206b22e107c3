/**
 * How the host's Python reaches files: by one place alone. Whoever can write to a directory on the way to a path can lead it
 * elsewhere, so no other module uses a path as a whole.
 */

const COMMON = ["account", "directory", "entries", "exchange", "files", "replacing", "staging", "trees", "walking"];
// In proc(5) the kernel alone makes names, and directories belong to whoever runs.
const OF_THE_KERNEL = ["people/processes", "isolation/groups"];
// Reads whatever is on a host that may be another one's, and writes nothing.
const OF_EVIDENCE = ["evidence/reading"];
// This one keeps to directories of root's alone, and is still to be rewritten.
// Before any other module is loaded, and in directories of root's alone.
const FIRST = ["__init__"];
const NOT_YET = ["backup/scratch"];

/** Modules that may use what is banned for all others, relative to this directory. */
export const FILE_MODULES: readonly string[] = [
  ...COMMON.map((name) => `common/${name}`),
  ...OF_THE_KERNEL,
  ...OF_EVIDENCE,
  ...FIRST,
  ...NOT_YET,
].map((name) => `phiward_host/${name}.py`);

/** What to do instead. */
export const REACH_FILES = "reach files by phiward_host.common.files and its neighbours, which use no path as a whole";

const OF_OS = [
  ...["access", "chdir", "chmod", "chown", "chroot", "fwalk", "getxattr", "lchmod", "lchown", "link", "listdir", "listxattr", "lstat"],
  ...["makedirs", "mkdir", "mkfifo", "mknod", "open", "readlink", "remove", "removedirs", "removexattr", "rename", "renames", "replace"],
  ...["rmdir", "scandir", "setxattr", "stat", "statvfs", "symlink", "truncate", "unlink", "utime", "walk"],
];
const OF_PATHS = ["exists", "getatime", "getctime", "getmtime", "getsize", "isdir", "isfile", "islink", "ismount", "lexists", "realpath"];
const OF_SHUTIL = ["chown", "copy", "copy2", "copyfile", "copymode", "copystat", "copytree", "disk_usage", "move", "rmtree"];

const NAMES = [
  ...OF_OS.map((name) => `os.${name}`),
  ...[...OF_PATHS, "samefile"].map((name) => `os.path.${name}`),
  ...OF_SHUTIL.map((name) => `shutil.${name}`),
  ...["builtins.open", "codecs.open", "filecmp", "fileinput", "glob", "io.open", "io.FileIO", "linecache", "pathlib", "tempfile"],
];

/** What is banned, as ruff's flake8-tidy-imports takes it. */
export const BANNED: Readonly<Record<string, { readonly msg: string }>> = Object.fromEntries(
  NAMES.map((name) => [name, { msg: REACH_FILES }]),
);

/** Rows in which a text calls the built-in open(), which ruff cannot ban. */
export function opens(text: string): readonly number[] {
  return text.split("\n").flatMap((line, index) => (/(?<![\w.])open\(/.test(line.replace(/(^|\s)def open\(/, "")) ? [index + 1] : []));
}
