import type { HostRule } from "../engine/rule";
import { demandOffsite, isNewDroplet } from "../readers/offsite";

/** A backup does not burn with its host. */
export const backupOffSite: HostRule = {
  id: "backup-off-site",
  description: "Every host's backups have a second copy at another place; a droplet's from its second deploy on.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["BKP-03"],
  remedy: "declare a host of the role vault and name it in backup.offsite",
  judge(host, report) {
    // A droplet's key is known only after its first deploy: `droplet-backup-off-site` speaks of it until then.
    if (!isNewDroplet(host)) demandOffsite(host, report);
  },
};
