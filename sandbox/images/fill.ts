import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { mustRun } from "../machines/run";
import type { ImageRecipe, NpmInstall } from "./recipe";

// What the packages bring and a container does not need: manuals, the package manager, programs of root, other start systems,
// and the device files and the name server's address that Docker lays over.
const NEVER_NEEDED = [
  ...["boot", "dev/*", "media", "mnt", "opt", "srv", "home", "usr/games", "usr/include", "usr/src", "usr/local/*"],
  ...["usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/i18n", "usr/share/lintian"],
  ...["usr/share/perl", "usr/share/perl5", "usr/share/bash-completion", "usr/share/gdb", "usr/share/gcc", "usr/share/debconf"],
  ...["usr/bin/perl*", "usr/lib/x86_64-linux-gnu/perl*", "usr/lib/aarch64-linux-gnu/perl*", "usr/share/adduser"],
  ...["usr/lib/x86_64-linux-gnu/gconv", "usr/lib/aarch64-linux-gnu/gconv", "usr/sbin/*", "usr/lib/systemd", "usr/lib/init"],
  ...["etc/apt", "etc/dpkg", "etc/init.d", "etc/rc*", "etc/pam.d", "etc/security", "etc/systemd", "etc/perl", "etc/logrotate.d"],
  ...["etc/resolv.conf", "etc/hostname", "etc/fstab", "etc/default", "etc/skel", "etc/update-motd.d"],
  ...["var/lib/dpkg", "var/lib/apt", "var/cache/*", "var/log/*", "var/backups", "var/run", "var/lock"],
];

/** Makes the unpacked packages in `root` what the recipe says: takes away, then adds. */
export async function fill(root: string, recipe: ImageRecipe, signal: AbortSignal): Promise<void> {
  const kept = recipe.kept ?? [];
  for (const path of kept) putAside(root, path);
  for (const path of [...NEVER_NEEDED, ...recipe.without]) remove(root, path);
  for (const path of kept) putBack(root, path);
  removeScripts(join(root, "usr/bin"));
  // Nobody becomes somebody else in a container; and what was removed is no longer pointed to.
  await mustRun(["find", root, "-xdev", "-type", "f", "-perm", "/6000", "-delete"], { signal });
  await mustRun(["find", join(root, "usr/bin"), "-xtype", "l", "-delete"], { signal });
  // A package's script would have done so.
  symlinkSync("/run", join(root, "var/run"));
  const { name, id, home } = recipe.account;
  write(
    root,
    "etc/passwd",
    `root:x:0:0:root:/root:/usr/sbin/nologin\n${name}:x:${String(id)}:${String(id)}::${home}:/usr/sbin/nologin\n`,
    0o644,
  );
  write(root, "etc/group", `root:x:0:\n${name}:x:${String(id)}:\n`, 0o644);
  write(root, "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n", 0o644);
  for (const [path, target] of Object.entries(recipe.links ?? {})) symlinkSync(target, join(root, path));
  for (const [path, text] of Object.entries(recipe.programs)) write(root, path, text, 0o755);
  for (const { from, to } of recipe.copies) cpSync(from, join(root, to), { recursive: true, dereference: true });
  await writeModules(root, recipe.modules);
  if (recipe.npm !== undefined) await installNpm(root, recipe.npm, signal);
  // The builder's umask, and that under which the npm packages were installed, may hide all this from the account.
  const shared = readdirSync(root).filter((top) => ["app", "etc", "usr"].includes(top));
  await mustRun(["chmod", "-R", "u=rwX,go=rX", ...shared.map((top) => join(root, top))], { signal });
  for (const [path, mode] of Object.entries(recipe.directories)) {
    mkdirSync(join(root, path), { recursive: true });
    chmodSync(join(root, path), mode);
    chownSync(join(root, path), id, id);
  }
}

// Beside the root file system, whose directories may be removed.
function aside(root: string, path: string): string {
  return `${root}.kept/${path}`;
}

function putAside(root: string, path: string): void {
  mkdirSync(dirname(aside(root, path)), { recursive: true });
  renameSync(join(root, path), aside(root, path));
}

function putBack(root: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  renameSync(aside(root, path), join(root, path));
}

/** Runs no script of a package, so that nothing of the registry is executed on this machine. */
async function installNpm(root: string, { manifest, lockfile, to }: NpmInstall, signal: AbortSignal): Promise<void> {
  write(root, `${to}/package.json`, manifest, 0o644);
  write(root, `${to}/package-lock.json`, lockfile, 0o644);
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await mustRun(["npm", "ci", `--prefix=${join(root, to)}`, "--omit=dev", "--ignore-scripts", ...quiet], { signal, background: true });
}

/** Compiled here, where the compiler is: it takes half a second to load, which a warm cache need not spend. */
async function writeModules(root: string, modules: ImageRecipe["modules"]): Promise<void> {
  if (Object.keys(modules).length === 0) return;
  const { default: typescript } = await import("typescript");
  const { CommonJS } = typescript.ModuleKind;
  const compilerOptions = { module: CommonJS, target: typescript.ScriptTarget.ES2024, esModuleInterop: true };
  for (const [path, text] of Object.entries(modules))
    write(root, path, typescript.transpileModule(text, { compilerOptions }).outputText, 0o644);
}

function write(root: string, path: string, text: string, mode: number): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

function remove(root: string, path: string): void {
  const directory = join(root, dirname(path));
  const start = path.endsWith("*") ? path.slice(path.lastIndexOf("/") + 1, -1) : undefined;
  const found =
    start === undefined
      ? [join(root, path)]
      : listed(directory)
          .filter((name) => name.startsWith(start))
          .map((name) => join(directory, name));
  for (const file of found) rmSync(file, { recursive: true, force: true });
}

/** Removes Debian's wrappers in Perl and shell, whose interpreters or files are gone. */
function removeScripts(directory: string): void {
  for (const name of listed(directory)) {
    const head = Buffer.alloc(2);
    try {
      const file = openSync(join(directory, name), "r");
      readSync(file, head);
      closeSync(file);
    } catch {
      // A symbolic link whose end is gone, which goes later.
    }
    if (head.toString() === "#!") rmSync(join(directory, name));
  }
}

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
