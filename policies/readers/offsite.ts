/** Whether a second copy of a host's backups is elsewhere. */

import type { Finding, HostUnits } from "../engine/rule";
import { DROPLET } from "./droplets";
import { filesWhere } from "./files";

/** Whether the host is a droplet whose lasting key is not declared yet: the vault lets in no host whose key it does not know. */
export function isNewDroplet(host: HostUnits): boolean {
  // What is not known is noted, and taken for declared.
  return host.of(DROPLET).some((droplet) => droplet.at("settings").keys() !== undefined && !droplet.at("settings").has("hostKey"));
}

/** Reports each backup of the host that goes nowhere else, by its settings or by the rendered file. */
export function demandOffsite(host: HostUnits, report: (finding: Finding) => void): void {
  for (const backup of host.of("phiward:host:Backup")) {
    const rendered = filesWhere(backup, (path) => path === "/etc/phiward/backup.json").files[0]?.text.json();
    const places = [backup.at("settings"), ...(rendered === undefined ? [] : [rendered])];
    for (const place of places) if (place.has("offsite")) place.at("offsite").at("user").text();
    // Once: the file follows from the settings.
    const missing = places.find((place) => !place.has("offsite"));
    if (missing !== undefined) report({ at: missing.at("offsite").path, found: "nothing", allowed: "a vault" });
  }
}
