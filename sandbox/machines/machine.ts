import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { runSync } from "../../ops/lib/process";
import { SandboxUnavailable } from "./errors";

/** One mount point of this machine, from proc_pid_mountinfo(5). */
export interface Mount {
  readonly target: string;
  readonly type: string;
  readonly options: string;
}

/** Returns this machine's mounts, oldest first. */
export function mounts(): readonly Mount[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n");
  return lines.map((line) => {
    // The optional fields before the dash vary in number, so the line is read in two halves.
    const [left = "", right = ""] = line.split(" - ", 2);
    const [type = "", , superOptions = ""] = right.split(" ");
    return { target: unescapeOctal(left.split(" ")[4] ?? ""), type, options: unescapeOctal(superOptions) };
  });
}

/**
 * Returns the cgroup trees in which a host needs its own group: the cgroup2 one, and on machines with hybrid cgroups also
 * systemd's named v1 tree. Without its own, all hosts would share one and their inits would kill each other's services.
 */
export function cgroupTrees(): readonly string[] {
  const unified = mounts().find((mount) => mount.type === "cgroup2");
  const named = mounts().find((mount) => mount.type === "cgroup" && mount.options.split(",").includes("name=systemd"));
  return [unified, named].flatMap((mount) => (mount === undefined ? [] : [mount.target]));
}

/** Throws `SandboxUnavailable` with the reason if this machine, or this process on it, can never run a sandbox. */
export function requireSandboxMachine(): void {
  const obstacle = sandboxObstacle();
  if (obstacle !== undefined) throw new SandboxUnavailable(obstacle);
}

/** Returns why this machine, or this process on it, can never run a sandbox, for a test suite to skip with; or nothing. */
export function sandboxObstacle(): string | undefined {
  if (process.platform !== "linux") return `sandbox hosts need Linux namespaces, this is ${process.platform}: use a Linux machine`;
  if (process.getuid?.() !== 0) return "sandbox hosts need root: run again with sudo";
  if (!existsSync("/usr/bin/apt-get")) return "sandbox hosts are made with apt: use a Debian machine, or a derivative";
  if (!mounts().some((mount) => mount.type === "cgroup2")) {
    return "no cgroup2 file system is mounted here, and a Debian 13 systemd does not start without";
  }
  if (!existsSync("/proc/sys/net/ipv6")) return "this machine's kernel has IPv6 switched off";
  try {
    accessSync("/proc/sys/net/ipv4/ip_forward", constants.W_OK);
  } catch {
    return "this machine's sysctls cannot be written: an unprivileged container?";
  }
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork", "true"];
  const unshare = runSync(["unshare", ...namespaces]);
  return unshare.status === 0 ? undefined : `this process may not make namespaces (${unshare.stderr.trim()}): an unprivileged container?`;
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
