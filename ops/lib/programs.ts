/** Every program that the commands, the sandbox and the tests start on the operator's machine, and what installs it. */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "./errors";

/** What starts a program: the commands of `phiward`, `make sandbox` and `make bench`, or `make test`. */
export type UsedBy = "commands" | "sandbox" | "bench" | "tests";

/** Where a program comes from: a Debian package, `npm ci`, or its own site. */
export type Source =
  | { readonly kind: "debian"; readonly package: string }
  | { readonly kind: "npm"; readonly package: string }
  | { readonly kind: "site"; readonly address: string };

/** A program of the operator's machine. */
export interface Program {
  readonly source: Source;
  readonly usedBy: readonly UsedBy[];
  /** What it is for, as a clause: "runs the hosts". */
  readonly purpose: string;
}

/** The programs by the name they are started by. A program that is started by a listed one (`nsenter … nmap`) is listed too. */
export const PROGRAMS = {
  age: debian("age", "opens what was encrypted to a recovery key that is an SSH key", "commands"),
  curl: debian("curl", "asks the sites from outside", "commands", "tests"),
  nmap: debian("nmap", "scans the hosts from outside", "commands", "sandbox", "tests"),
  openssl: debian("openssl", "asks for the TLS of the sites from outside", "commands", "tests"),
  npm: { source: { kind: "site", address: "https://nodejs.org" }, usedBy: ["tests"], purpose: "installs what the project needs" },
  pulumi: { source: { kind: "site", address: "https://www.pulumi.com/docs/install" }, usedBy: ["commands"], purpose: "deploys" },
  ssh: debian("openssh-client", "reaches the hosts", "commands", "sandbox", "tests"),
  "ssh-add": debian("openssh-client", "hands a key to ssh-agent, and lists what it holds", "commands", "tests"),
  "ssh-agent": debian("openssh-client", "holds the key that a deploy uses", "commands", "tests"),
  "ssh-keygen": debian("openssh-client", "makes keys, and signs evidence", "commands", "sandbox", "tests"),
  "ssh-keyscan": debian("openssh-client", "asks for host keys", "commands"),
  tar: debian("tar", "reads and writes archives of images", "commands", "sandbox", "tests"),

  "apt-cache": debian("apt", "indexes the packages of a root file system", "sandbox"),
  "apt-config": debian("apt", "tells how packages are reached from here", "sandbox"),
  "apt-get": debian("apt", "installs what is missing here", "sandbox"),
  bash: debian("bash", "supervises a host", "sandbox"),
  chattr: debian("e2fsprogs", "makes immutable files removable", "sandbox"),
  chmod: debian("coreutils", "sets modes", "sandbox", "tests"),
  chroot: debian("coreutils", "finishes a root file system", "sandbox"),
  find: debian("findutils", "clears a root file system", "sandbox"),
  git: debian("git", "tells what a branch changed", "tests"),
  flock: debian("util-linux", "keeps two sandboxes apart", "sandbox"),
  grep: debian("grep", "is used by the scripts of the sandbox's build", "sandbox"),
  ip: debian("iproute2", "makes the network of the hosts", "sandbox", "tests"),
  // A machine that has no iptables has no such firewall, so the sandbox does not ask for it.
  iptables: debian("iptables", "opens this machine's firewall to the hosts", "tests"),
  kill: debian("procps", "ends what still runs in a network", "sandbox"),
  mkdir: debian("coreutils", "makes control groups", "sandbox"),
  mmdebstrap: debian("mmdebstrap", "builds the root file system of the hosts", "sandbox"),
  mount: debian("mount", "lays a host's own layer over it", "sandbox"),
  mv: debian("coreutils", "keeps a deployed host as a template", "tests"),
  nft: debian("nftables", "lets the hosts reach package mirrors", "sandbox", "tests"),
  nsenter: debian("util-linux", "runs programs in the network of a host", "commands", "sandbox", "tests"),
  rm: debian("coreutils", "removes root file systems", "sandbox", "tests"),
  setpriv: debian("util-linux", "ends a build with its creator", "sandbox", "tests"),
  sh: debian("dash", "runs the scripts of the sandbox, and cleans up after a deploy that was ended", "commands", "sandbox", "tests"),
  "systemd-nspawn": debian("systemd-container", "runs the hosts", "sandbox"),
  umount: debian("mount", "takes a host's layers down", "sandbox"),
  unshare: debian("util-linux", "keeps a build apart", "sandbox", "tests"),
  wrk: debian("wrk", "asks the API as fast as it answers", "bench"),

  cat: debian("coreutils", "holds a lock, ends with its reader, and stands in for a program", "commands", "sandbox", "tests"),
  chromium: debian("chromium", "opens applications as a person would", "tests"),
  dump2dcm: debian("dcmtk", "makes a medical image", "tests"),
  storescu: debian("dcmtk", "sends a medical image as a device does", "tests"),
  cp: debian("coreutils", "copies the project to a fresh machine", "tests"),
  env: debian("coreutils", "starts a program with another PATH", "tests"),
  expand: debian("coreutils", "lays out the list of make's targets", "tests"),
  sha256sum: debian("coreutils", "checks a list of hashes", "tests"),
  ls: debian("coreutils", "names the files of an unpacked export", "tests"),
  wc: debian("coreutils", "counts the files of an unpacked export", "tests"),
  "ip6tables-restore": debian("iptables", "reads firewall rules back", "tests"),
  "iptables-restore": debian("iptables", "reads firewall rules back", "tests"),
  make: debian("make", "runs the developer's targets", "tests"),
  printf: debian("coreutils", "stands in for a program", "tests"),
  python3: debian("python3", "runs the host's programs", "tests"),
  sed: debian("sed", "finds make's targets", "tests"),
  sleep: debian("coreutils", "stands in for a program that takes long", "tests"),
  tail: debian("coreutils", "takes the request in a stand-in of ssh", "tests"),
  timeout: debian("coreutils", "ends a server", "tests"),
  true: debian("coreutils", "stands in for a program that succeeds", "tests"),

  biome: npm("@biomejs/biome", "formats"),
  eslint: npm("eslint", "lints"),
  knip: npm("knip", "finds unused code"),
  node: npm("node", "runs all of it", "commands", "sandbox", "tests"),
  tsc: npm("typescript", "checks types"),
  pyright: npm("pyright", "checks the types of the host programs"),
  vitest: npm("vitest", "runs tests"),
} as const satisfies Readonly<Record<string, Program>>;

/** The name of a listed program. */
export type ProgramName = keyof typeof PROGRAMS;

/** A program and its arguments, to be run without a shell. */
export type Argv = readonly [ProgramName, ...string[]];

/** What is put before a program so that it runs elsewhere, such as in another network; empty: here. */
export type Prefix = readonly [] | Argv;

/** A program that is not installed on this machine. */
export class ProgramMissing extends OperatorError {
  constructor(readonly program: ProgramName) {
    super(`${program}: found no such program on PATH, allowed: ${whence(PROGRAMS[program].source)}`, 2);
  }
}

/** Path of a program, as PATH of `environment` and the administrator's directories have it. Throws ProgramMissing if it is not installed. */
export function programFile(program: ProgramName, environment: NodeJS.ProcessEnv = process.env): string {
  if (program === "node") return process.execPath;
  for (const directory of searchPath(environment).split(":")) if (isExecutable(join(directory, program))) return join(directory, program);
  throw new ProgramMissing(program);
}

/** Whether a program is installed on this machine. */
export function isInstalled(program: ProgramName): boolean {
  try {
    return programFile(program) !== "";
  } catch (error) {
    if (error instanceof ProgramMissing) return false;
    throw error;
  }
}

/** The program with what is put before it. */
export function through(prefix: Prefix, argv: Argv): Argv {
  return prefix.length === 0 ? argv : [...prefix, ...argv];
}

/** PATH with the administrator's directories: after a plain `su`, or in a user's session, nft and chroot are not in it. */
export function searchPath(environment: NodeJS.ProcessEnv = process.env): string {
  return `${environment["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`;
}

function debian<const Used extends readonly UsedBy[]>(name: string, purpose: string, ...usedBy: Used) {
  return { source: { kind: "debian", package: name }, usedBy, purpose } as const;
}

function npm<const Used extends readonly UsedBy[]>(name: string, purpose: string, ...usedBy: Used) {
  return { source: { kind: "npm", package: name }, usedBy: usedBy.length === 0 ? (["tests"] as const) : usedBy, purpose } as const;
}

function whence(source: Source): string {
  switch (source.kind) {
    case "debian":
      return `the one of Debian's package ${source.package}; apt-get install ${source.package}`;
    case "npm":
      return `the one of npm's package ${source.package}; npm ci`;
    case "site":
      return `the one from ${source.address}`;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
