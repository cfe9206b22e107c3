import type { HostRule } from "../engine/rule";
import { demandOffsite, isNewDroplet } from "../readers/offsite";

/** A droplet's backups can be off-site from its second deploy on: until then that is reported, and blocks nothing; then `backup-off-site` refuses. */
export const dropletBackupOffSite: HostRule = {
  id: "droplet-backup-off-site",
  description: "Every droplet's backups have a second copy at another place, once its host key is known.",
  severity: "high",
  enforcementLevel: "advisory",
  controls: ["BKP-03"],
  remedy: "declare the droplet's hostKey, as the first deploy shows it, and name a vault in backup.offsite",
  judge(host, report) {
    if (isNewDroplet(host)) demandOffsite(host, report);
  },
};
