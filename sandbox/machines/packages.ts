import { existsSync } from "node:fs";
import { reasonOf, SandboxFailed } from "./errors";
import { withLock } from "./lock";
import { mustRun } from "./run";

/** A program of this machine, and the Debian package that has it. */
export interface Tool {
  readonly file: string;
  readonly packageName: string;
  readonly purpose: string;
}

const TOOLS: readonly Tool[] = [
  { file: "/usr/bin/systemd-nspawn", packageName: "systemd-container", purpose: "runs the hosts" },
  { file: "/usr/bin/mmdebstrap", packageName: "mmdebstrap", purpose: "builds their root file system" },
  {
    file: "/usr/share/keyrings/debian-archive-keyring.gpg",
    packageName: "debian-archive-keyring",
    purpose: "proves that it is Debian's",
  },
  { file: "/usr/sbin/nft", packageName: "nftables", purpose: "lets the hosts reach package mirrors" },
  { file: "/usr/bin/ip", packageName: "iproute2", purpose: "makes their network" },
  { file: "/usr/bin/ssh-keygen", packageName: "openssh-client", purpose: "makes keys and logs in" },
  { file: "/usr/bin/nmap", packageName: "nmap", purpose: "scans the hosts from outside" },
];

/**
 * Installs the Debian packages that the sandbox needs and this machine lacks, after naming each with its purpose through
 * `progress`. Nothing is installed that is there already.
 */
export function ensurePackages(progress: (line: string) => void, signal?: AbortSignal): Promise<void> {
  return ensureTools(progress, TOOLS, signal);
}

/** The same for one tool that not every sandbox needs. */
export function ensureTool(progress: (line: string) => void, tool: Tool): Promise<void> {
  return ensureTools(progress, [tool]);
}

async function ensureTools(progress: (line: string) => void, tools: readonly Tool[], signal?: AbortSignal): Promise<void> {
  const isMissing = ({ file }: Tool): boolean => !existsSync(file);
  if (!tools.some(isMissing)) return;
  // One at a time: apt refuses to begin while another is at work.
  await withLock("/var/lib/dpkg", () => install(progress, tools.filter(isMissing), signal), { signal });
}

async function install(progress: (line: string) => void, missing: readonly Tool[], signal?: AbortSignal): Promise<void> {
  if (missing.length === 0) return;
  const named = missing.map((tool) => `${tool.packageName} (${tool.purpose})`).join(", ");
  progress(`this machine: installing ${named}`);
  const names = missing.map((tool) => tool.packageName);
  // Where this machine's own updates are under way, they are waited for.
  const argv = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "install", "--yes", "--no-install-recommends", ...names];
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
