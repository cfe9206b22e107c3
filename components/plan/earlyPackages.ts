/** Packages that a host gets all at once, before its first concern: apt takes seconds to begin, each time. */
import type { ConcernPlan } from "./types";

/**
 * Those that start nothing, open nothing and replace nothing where they are installed: what has to be configured before it runs is
 * installed by its own concern.
 */
export const QUIET: readonly string[] = [
  ...["age", "curl", "docker-cli", "e2fsprogs", "iptables", "kmod", "nftables", "openssh-client", "openssl", "procps"],
  ...["python3-systemd", "rclone", "restic", "ufw"],
];

/** The name of a variable that says which, with a space between them, to what brings a host its programs. */
export const EARLY_PACKAGES = "PHIWARD_PACKAGES";

/** What a host gets of these plans' packages before the first of them, in one transaction of apt; each plan still asks for its own. */
export function earlyPackages(plans: readonly Pick<ConcernPlan, "packages">[]): readonly string[] {
  const wanted = new Set(plans.flatMap(({ packages }) => packages));
  return QUIET.filter((name) => wanted.has(name));
}

/** The same as a variable of the environment; none where there are no such packages. */
export function earlyVariable(plans: readonly Pick<ConcernPlan, "packages">[]): Readonly<Record<string, string>> {
  const names = earlyPackages(plans);
  return names.length === 0 ? {} : { [EARLY_PACKAGES]: names.join(" ") };
}

/** The packages that a variable of that name lists, or undefined where one of them is none that a host gets early. */
export function earlyPackagesIn(variable: string): readonly string[] | undefined {
  const names = variable.split(" ").filter((name) => name !== "");
  return names.every((name) => QUIET.includes(name)) ? names : undefined;
}
