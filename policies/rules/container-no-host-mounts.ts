import { posix } from "node:path";
import type { Finding, Rule } from "../engine/rule";
import { containersOf, isComponent, optionalItems, optionalText, WITH_CONTAINERS } from "../readers/containers";
import type { Value } from "../readers/value";

// What of the host a container may be shown: what was made for services, and where data lies by the file hierarchy standard.
const FOR_SERVICES = /^(\/var\/lib\/phiward\/services\/[^/]+\/.+|\/etc\/phiward\/services\/.+|\/(srv|mnt|opt)\/.+)$/;
const ALLOWED = "paths below /var/lib/phiward/services/NAME, /etc/phiward/services, /srv, /mnt and /opt";

/** What is the host's stays the host's: its configuration, its secrets, and the socket that commands its engine. */
export const containerNoHostMounts: Rule = {
  id: "container-no-host-mounts",
  description: "No container can see the host's system files, its secrets or the Docker daemon's socket.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CTR-06", "CTR-05"],
  remedy: "use a named volume, or a directory that holds nothing but this service's data",
  appliesTo: [...WITH_CONTAINERS, "docker:index/volume:Volume"],
  judge(unit, report) {
    // A volume can be a directory of the host by its driver's options.
    if (unit.has("driverOpts")) judgeDriver(unit.at("driverOpts"), report);
    if (isComponent(unit))
      for (const volume of optionalItems(unit, "volumes") ?? []) if (volume.has("driverOpts")) judgeDriver(volume.at("driverOpts"), report);
    for (const container of containersOf(unit)) judgeContainer(container, report);
  },
};

function judgeContainer(container: Value, report: (finding: Finding) => void): void {
  // A container may mount nothing, but has a name: without one, its arguments are hidden.
  container.at("name").text();
  for (const mount of optionalItems(container, "mounts") ?? []) {
    const type = mount.at("type").text();
    if (type === "bind") judgeSource(mount.at("source"), report);
    else if (type !== undefined && !["volume", "tmpfs"].includes(type))
      report({ at: `${mount.path}.type`, found: "a mount of another type", allowed: "bind, volume or tmpfs" });
    if (mount.has("bindOptions") && !["", "private", "rprivate"].includes(optionalText(mount.at("bindOptions"), "propagation") ?? ""))
      report({
        at: `${mount.path}.bindOptions`,
        found: "mount propagation other than (r)private",
        allowed: "rprivate or nothing",
      });
  }
  // In a raw container `volumes` are mounts by another name.
  for (const volume of optionalItems(container, "volumes") ?? []) {
    if ((optionalText(volume, "fromContainer") ?? "") !== "")
      report({ at: `${volume.path}.fromContainer`, found: "every volume of another container", allowed: "nothing" });
    if ((optionalText(volume, "hostPath") ?? "") !== "") judgeSource(volume.at("hostPath"), report);
  }
}

function judgeDriver(options: Value, report: (finding: Finding) => void): void {
  if ((optionalText(options, "device") ?? "") !== "") judgeSource(options.at("device"), report);
}

function judgeSource(source: Value, report: (finding: Finding) => void): void {
  const path = source.text();
  if (path === undefined) return;
  if (posix.normalize(path) !== path.replace(/\/$/, "") || !FOR_SERVICES.test(path) || /\.sock(et)?$/.test(path))
    report({ at: source.path, found: path.endsWith(".sock") ? "a socket of the host" : "a path of the host's system", allowed: ALLOWED });
}
