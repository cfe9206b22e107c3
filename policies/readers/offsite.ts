/** Whether a second copy of a host's backups is elsewhere. */

import type { Finding, HostUnits } from "../engine/rule";
import { filesWhere } from "./files";

/** Reports each backup of the host that goes nowhere else, by its settings or by the rendered file. */
export function demandOffsite(host: HostUnits, report: (finding: Finding) => void): void {
  for (const backup of host.of("phiward:host:Backup")) {
    const rendered = filesWhere(backup, (path) => path === "/etc/phiward/backup.json").files[0]?.text.json();
    for (const place of [backup.at("settings"), ...(rendered === undefined ? [] : [rendered])])
      if (place.has("offsite")) place.at("offsite").at("user").text();
      else report({ at: place.at("offsite").path, found: "nothing", allowed: "a vault" });
  }
}
