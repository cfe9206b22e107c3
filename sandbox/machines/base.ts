import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { aptReachability, localAuthorities } from "./archive";
import { bootstrap, debianSources, SUITE } from "./bootstrap";
import { type CachedBuild, ensureBuilt, recipeHash } from "./builds";
import { mustRun } from "./run";

// What a small Debian 13 cloud server has; not one package that phiward installs or configures beyond these.
const PACKAGES = [
  ...["systemd-sysv", "systemd-timesyncd", "libpam-systemd", "libnss-systemd", "dbus", "udev", "kmod", "procps"],
  ...["openssh-server", "sudo", "python3", "cron", "logrotate", "nftables", "iproute2", "iputils-ping", "netbase"],
  ...["ca-certificates", "curl", "openssl", "gpg", "apt-utils", "less", "vim-tiny", "netcat-openbsd", "tzdata", "e2fsprogs"],
];

// These need hardware, a console or a kernel of the host's own; each would leave systemd "degraded" or only cost time.
const MASKED_UNITS = [
  ...["systemd-udevd.service", "systemd-udevd-kernel.socket", "systemd-udevd-control.socket"],
  ...["systemd-udev-trigger.service", "getty@tty1.service", "console-getty.service"],
  ...["sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-kernel-config.mount", "dev-hugepages.mount"],
];

// Translations and index diffs only cost time here. apt(8), unlike apt-get(8), would delete what the archive cache lives on.
const APT_ECONOMY = ['Acquire::Languages "none";', 'Acquire::PDiffs "false";', 'Binary::apt::APT::Keep-Downloaded-Packages "true";'];

/** All that decides what is in the base root file system; its hash is the name of the result. */
interface Recipe {
  /** Is raised when `build` or `finish` change, for the rest of the recipe does not tell. */
  readonly version: 1;
  readonly suite: string;
  readonly sources: string;
  readonly packages: readonly string[];
  readonly maskedUnits: readonly string[];
  readonly aptSettings: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Returns the directory of the root file system that all hosts start from, and builds it first if it is not in the cache or
 * its recipe has changed. One process builds, others wait for it.
 */
export async function ensureBase(progress: (line: string) => void, signal?: AbortSignal): Promise<string> {
  const recipe = await readRecipe();
  const base: CachedBuild = {
    name: recipeHash(recipe),
    title: "the base root file system",
    build: (unfinished, ended) => build(recipe, unfinished, progress, ended),
  };
  const onWait = (): void => {
    progress("base: another process is building it, waiting");
  };
  const [finished] = await ensureBuilt("base", [base], { signal, onWait });
  return finished;
}

async function readRecipe(): Promise<Recipe> {
  const reachability = await aptReachability();
  const authorities = [...localAuthorities()].map(([name, text]): [string, string] => [`usr/local/share/ca-certificates/${name}`, text]);
  const sources = await debianSources();
  return {
    version: 1,
    suite: SUITE,
    sources,
    packages: PACKAGES,
    maskedUnits: MASKED_UNITS,
    aptSettings: reachability,
    files: {
      ...Object.fromEntries(authorities),
      "etc/apt/sources.list.d/debian.sources": sources,
      "etc/apt/apt.conf.d/90sandbox": [...reachability, ...APT_ECONOMY, ""].join("\n"),
      "etc/machine-id": "",
      "etc/resolv.conf": "",
    },
  };
}

async function build(recipe: Recipe, root: string, progress: (line: string) => void, signal: AbortSignal): Promise<void> {
  const start = Date.now();
  progress("base: building a Debian 13 root file system, once; about a minute");
  // The lists stay, so that a host's `apt-get update` has next to nothing to fetch.
  const options = ["--variant=minbase", "--skip=cleanup/apt/lists"];
  const say = (line: string): void => {
    progress(`base: ${line}`);
  };
  await bootstrap({ ...recipe, options, root, signal, progress: say });
  await finish(recipe, root, signal);
  progress(`base: built in ${((Date.now() - start) / 1000).toFixed(0)} s`);
}

async function finish(recipe: Recipe, root: string, signal: AbortSignal): Promise<void> {
  const builderFiles = ["etc/apt/apt.conf.d/99mmdebstrap", "etc/dpkg/dpkg.cfg.d/99mmdebstrap", "etc/apt/sources.list"];
  for (const file of [...builderFiles, "etc/apt/sources.list.d", "etc/hostname"]) {
    rmSync(join(root, file), { recursive: true, force: true });
  }
  for (const [file, text] of Object.entries(recipe.files)) {
    // Removed first: a symbolic link here would be followed on this machine, not inside the root.
    rmSync(join(root, file), { force: true });
    mkdirSync(dirname(join(root, file)), { recursive: true, mode: 0o755 });
    writeFileSync(join(root, file), text, { mode: 0o644 });
  }
  for (const unit of recipe.maskedUnits) symlinkSync("/dev/null", join(root, "etc/systemd/system", unit));
  // Each host makes its own identity at its first start.
  for (const name of readdirSync(join(root, "etc/ssh")).filter((file) => file.startsWith("ssh_host_"))) {
    rmSync(join(root, "etc/ssh", name));
  }
  rmSync(join(root, "var/lib/dbus/machine-id"), { force: true });
  mkdirSync(join(root, "root/.ssh"), { recursive: true, mode: 0o700 });
  await mustRun(["chroot", root, "update-ca-certificates"], { signal });
  // apt's index of all packages, which each host would otherwise spend a second or two on.
  await mustRun(["chroot", root, "apt-cache", "gencaches"], { signal });
  chmodSync(root, 0o755);
}
