import type { Argv } from "../../ops/lib/programs";
import { findDebianArchive } from "./archive";
import { SandboxFailed } from "./errors";
import { errorsInto, packageLists } from "./packageLists";
import { mustRun, run } from "./run";

/** The Debian release of hosts and images. */
export const SUITE = "trixie";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

// A build that is killed, or whose creator is, must end with all its programs and mounts: so it gets a process namespace, which
// dies with its first process, and a mount namespace, which goes with the last.
const CONFINED: Argv = ["setpriv", "--pdeathsig=KILL", "--", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/** What a root file system is made of, and where. */
export interface Bootstrap {
  /** What apt reads as its sources: see `debianSources`. */
  readonly sources: string;
  readonly packages: readonly string[];
  /** Lines of apt.conf(5) without which the archive cannot be reached. */
  readonly aptSettings: readonly string[];
  /** Options of mmdebstrap(1), such as the variant. */
  readonly options: readonly string[];
  readonly root: string;
  /** See `RunOptions`. */
  readonly background?: boolean;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Returns apt's sources of the release, its updates and its security fixes, from the archive that this machine uses. */
export async function debianSources(): Promise<string> {
  const archive = await findDebianArchive();
  return [debSource(archive.main, `${SUITE} ${SUITE}-updates`), debSource(archive.security, `${SUITE}-security`)].join("\n");
}

/** Makes a Debian root file system with mmdebstrap(1). */
export async function bootstrap({ sources, packages, aptSettings, options, root, background, progress, signal }: Bootstrap): Promise<void> {
  await mustRun(["rm", "-rf", "--one-file-system", root]);
  const settings = [...aptSettings, 'APT::Install-Recommends "false";', 'Acquire::Languages "none";'];
  const aptOptions = settings.map((line) => `--aptopt=${line}`);
  // Builds beside each other need the same lists, and to fetch and unpack them costs each of them seconds.
  const lists = await packageLists({ sources, settings });
  signal.throwIfAborted();
  const argv: Argv = [
    ...CONFINED,
    ...["mmdebstrap", "--mode=root", `--include=${packages.join(",")}`, `--keyring=${KEYRING}`, ...options],
    ...["--skip=update", `--setup-hook=cp --archive --reflink=auto ${lists}/. "$1/var/lib/apt/lists/"`],
    // Syncing each file only costs time.
    ...["--dpkgopt=force-unsafe-io", ...aptOptions, SUITE, root, "-"],
  ];
  const errors: string[] = [];
  const onError = errorsInto(errors);
  const onLine = (line: string): void => {
    if (line.startsWith("I: ") && !line.includes("--setup-hook")) progress(line.slice(3));
    onError(line);
  };
  const { code } = await run(argv, { stdin: sources, signal, background, onLine });
  if (code !== 0) throw new SandboxFailed(errors[0] ?? `mmdebstrap: exit ${String(code)}`);
}

function debSource(uri: string, suites: string): string {
  return `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: main\nSigned-By: ${KEYRING}\n`;
}
