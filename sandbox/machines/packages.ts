import { existsSync } from "node:fs";
import { type Argv, isInstalled, PROGRAMS, type Program, type ProgramName, type UsedBy } from "../../ops/lib/programs";
import { reasonOf, SandboxFailed } from "./errors";
import { withLock } from "./lock";
import { mustRun } from "./run";

const KEYRING = { file: "/usr/share/keyrings/debian-archive-keyring.gpg", package: "debian-archive-keyring" };

/**
 * Installs the Debian packages that the sandbox needs and this machine lacks, after naming each with its purpose through
 * `progress`. Nothing is installed that is there already.
 */
export async function ensurePackages(progress: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const keyring = existsSync(KEYRING.file) ? [] : [{ package: KEYRING.package, purpose: "proves that packages are Debian's" }];
  await install([...missingPackages("sandbox"), ...keyring], progress, signal);
}

/** The same for what `user` starts and not every sandbox needs. */
export function ensurePrograms(user: UsedBy, progress: (line: string) => void): Promise<void> {
  return install(missingPackages(user), progress);
}

interface Wanted {
  readonly package: string;
  readonly purpose: string;
}

function missingPackages(user: UsedBy): readonly Wanted[] {
  const programs = Object.entries(PROGRAMS) as [ProgramName, Program][];
  const wanted = programs.flatMap(([name, { source, usedBy, purpose }]) =>
    source.kind === "debian" && usedBy.includes(user) && !isInstalled(name) ? [{ package: source.package, purpose }] : [],
  );
  return wanted.filter((one, index) => wanted.findIndex((other) => other.package === one.package) === index);
}

async function install(missing: readonly Wanted[], progress: (line: string) => void, signal?: AbortSignal): Promise<void> {
  if (missing.length === 0) return;
  // One at a time: apt refuses to begin while another is at work. Whoever waited may find everything there.
  await withLock("/var/lib/dpkg", () => installAll(missing, progress, signal), { signal });
}

async function installAll(missing: readonly Wanted[], progress: (line: string) => void, signal?: AbortSignal): Promise<void> {
  progress(`this machine: installing ${missing.map((wanted) => `${wanted.package} (${wanted.purpose})`).join(", ")}`);
  const names = missing.map((wanted) => wanted.package);
  // Where this machine's own updates are under way, they are waited for.
  const argv: Argv = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "install", "--yes", "--no-install-recommends", ...names];
  const options = { signal, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  try {
    await mustRun(argv, options);
  } catch {
    signal?.throwIfAborted();
    // The package lists are missing or too old: the usual state of a fresh machine or image.
    try {
      await mustRun(["apt-get", "update"], options);
      await mustRun(argv, options);
    } catch (error) {
      throw new SandboxFailed(`could not install ${names.join(", ")}: ${reasonOf(error)}`, { cause: error });
    }
  }
}
