import { posix } from "node:path";
import type { Finding, Rule } from "../engine/rule";
import { containersOf, isComponent, optionalItems, optionalText, WITH_CONTAINERS } from "../readers/containers";
import type { Value } from "../readers/value";

// What of the host a container may be shown: what was made for its own service, and where data lies by the file hierarchy standard.
const FOR_SERVICES = /^(?:\/var\/lib\/phiward\/services\/([^/]+)\/.+|\/etc\/phiward\/services\/([^/]+)(?:\/.+)?)$/;
const DATA = /^\/(srv|mnt|opt)\/.+$/;
// Where a droplet's volume is mounted by default, with Docker's own directory and the repository of the backups on it.
const VOLUME = /^\/srv\/data(\/|$)/;
const ALLOWED = "paths below /var/lib/phiward/services/NAME and /etc/phiward/services/NAME of its own, /srv, /mnt and /opt";

/** What is the host's stays the host's: its configuration, its secrets, and the socket that commands its engine. */
export const containerNoHostMounts: Rule = {
  id: "container-no-host-mounts",
  description: "No container can see the host's system files, its secrets or the Docker daemon's socket.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CTR-06", "CTR-05"],
  remedy: "use a named volume, or a directory that holds nothing but this service's data",
  notWaivable: "a program in such a container can become root on the host",
  appliesTo: [...WITH_CONTAINERS, "docker:index/volume:Volume"],
  judge(unit, report) {
    // A volume can be a directory of the host by its driver's options.
    if (unit.has("driverOpts") || unit.has("driver")) judgeDriver(unit, "driverOpts", report);
    if (unit.has("cluster")) report({ at: unit.at("cluster").path, found: "a volume of a swarm", allowed: "nothing" });
    if (isComponent(unit)) for (const volume of optionalItems(unit, "volumes") ?? []) judgeDriver(volume, "driverOpts", report);
    for (const container of containersOf(unit)) judgeContainer(container, report);
  },
};

function judgeContainer(container: Value, report: (finding: Finding) => void): void {
  // A container may mount nothing, but has a name: without one, its arguments are hidden.
  const name = container.at("name").text();
  for (const mount of optionalItems(container, "mounts") ?? []) {
    const type = mount.at("type").text();
    if (type === "bind") judgeSource(mount.at("source"), name, report);
    else if (type === "volume") judgeVolume(mount, "source", name, report);
    if (mount.has("volumeOptions")) judgeDriver(mount.at("volumeOptions"), "driverOptions", report);
    if (type !== undefined && !["bind", "volume", "tmpfs"].includes(type))
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
    if ((optionalText(volume, "hostPath") ?? "") !== "") judgeSource(volume.at("hostPath"), name, report);
    judgeVolume(volume, "volumeName", name, report);
  }
}

// A directory that a volume is made of is no service's own.
const NOBODY = "";

// A volume is a directory of the host, or another machine's, by its driver and its driver's options.
function judgeDriver(holder: Value, key: "driverOpts" | "driverOptions", report: (finding: Finding) => void): void {
  const driver = key === "driverOpts" ? "driver" : "driverName";
  if (!["", "local", undefined].includes(optionalText(holder, driver)))
    report({ at: holder.at(driver).path, found: "a driver that is not Docker's own", allowed: "nothing, or local" });
  if (holder.has(key) && (optionalText(holder.at(key), "device") ?? "") !== "") judgeSource(holder.at(key).at("device"), NOBODY, report);
}

function judgeVolume(holder: Value, key: string, container: string | undefined, report: (finding: Finding) => void): void {
  const volume = optionalText(holder, key);
  const owner = /^phiward-([^.]+)\./.exec(volume ?? "")?.[1];
  if (owner !== undefined && container !== undefined && !isOf(container, owner))
    report({ at: holder.at(key).path, found: "a volume of another service", allowed: "its own, or one that is not a service's" });
}

function judgeSource(source: Value, container: string | undefined, report: (finding: Finding) => void): void {
  const path = source.text();
  if (path === undefined) return;
  const services = FOR_SERVICES.exec(path);
  const owner = services?.[1] ?? services?.[2];
  const isAllowed = owner === undefined ? DATA.test(path) && !VOLUME.test(path) : container === undefined || isOf(container, owner);
  if (posix.normalize(path) !== path.replace(/\/$/, "") || !isAllowed || /\.sock(et)?$/.test(path))
    report({ at: source.path, found: path.endsWith(".sock") ? "a socket of the host" : "a path of the host's system", allowed: ALLOWED });
}

// A database has its service's name, a service the hash of its definition behind it.
function isOf(container: string, service: string): boolean {
  return container === service || (container.startsWith(`${service}-`) && /^-[0-9a-f]{8}$/.test(container.slice(service.length)));
}
