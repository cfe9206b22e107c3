/**
 * How a program that reads a secret only from a variable gets it: a launcher in its container sets each file of a directory as a variable
 * of its name, and becomes the program. It works in images that have nothing else to run: Debian's busybox-static needs none of theirs.
 */

/** Where a container finds the launcher and, by the names of variables, what they are set to. */
const DIRECTORY = "/run/phiward";

/** Directory in the container whose files become variables. */
export const ENVIRONMENT_IN_CONTAINER = `${DIRECTORY}/environment`;

/** The launcher's files. */
export const LAUNCHER = ["busybox", "launch"] as const;
/** One of them. */
export type LauncherFile = (typeof LAUNCHER)[number];

/** What takes the place of the image's entry point; the program and its arguments follow. Constant. */
export const LAUNCHER_ENTRY_POINT: readonly string[] = [`${DIRECTORY}/busybox`, "sh", `${DIRECTORY}/launch`];

/** Debian's package, and the program in it. */
export const LAUNCHER_PACKAGE = "busybox-static";
export const LAUNCHER_PROGRAM = "/usr/bin/busybox";

/** Path of one of its files in the container. */
export function launcherPath(file: LauncherFile): string {
  return `${DIRECTORY}/${file}`;
}

// Constant, as the programs of the host are: nothing of a configuration gets in. The x keeps line ends at a value's end, which a shell
// cuts off; what a value holds is never read as a command. The shell exports three variables of its own, which go.
export const LAUNCHER_SCRIPT = `# Sets each file of ${ENVIRONMENT_IN_CONTAINER} as a variable of its name, and becomes the program.
for file in ${ENVIRONMENT_IN_CONTAINER}/*; do
  value=$(${DIRECTORY}/busybox cat "$file" && ${DIRECTORY}/busybox echo -n x) || exit 126
  export "\${file##*/}=\${value%x}"
done
unset file value PWD OLDPWD SHLVL
exec "$@"
`;
