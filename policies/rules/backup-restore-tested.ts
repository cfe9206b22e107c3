import type { Rule } from "../engine/rule";
import { type Configured, thresholdOf } from "../engine/thresholds";
import { filesAt, jsonFile } from "../readers/files";
import { demandRetention, RETENTION_THRESHOLDS } from "../readers/retention";
import { demandEvery, demandJob } from "../readers/systemd";

const HOUR = 3600;
const DAY = 24 * HOUR;
const PROGRAM = String.raw`^/usr/bin/python3 -I /usr/local/lib/phiward/phiward\.pyz backup`;
// A job's own time, and some hours of delay. No stack can set how often backups are checked.
const THRESHOLDS = {
  ...RETENTION_THRESHOLDS,
  backupHours: { description: "the most hours after which a backup is too old", default: 30, minimum: 3, maximum: 30 },
  restoreTestHours: { description: "the most hours after which a restore test is too old", default: 192, minimum: 30, maximum: 192 },
};
const OLDEST_CHECK = 30 * HOUR;

/** How old the last good job of each kind may be, in seconds. */
type Ages = Readonly<Record<"backup" | "check" | "restore-test", number>>;

/** A backup that was never restored is a hope. */
export const backupRestoreTested: Rule = {
  id: "backup-restore-tested",
  description: "Backups are made and checked daily, restored for a test every week, kept for a month, and failures send an alert.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["BKP-05", "BKP-01", "BKP-06", "BKP-07", "BKP-10"],
  remedy: "set every, restoreTest and keep of backup within these limits, and leave the rendered timers unchanged",
  appliesTo: ["phiward:host:Backup"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const ages = agesOf(configured);
    const rendered = jsonFile(unit, "/etc/phiward/backup.json", report);
    for (const place of [unit.at("settings"), ...(rendered === undefined ? [] : [rendered])]) {
      demandRetention(place.at("keep"), report, configured);
      for (const [job, oldest] of Object.entries(ages)) {
        const limit = place.at("limits").at(job);
        const found = limit.number();
        if (found !== undefined && (found <= 0 || found > oldest))
          report({
            at: limit.path,
            found: `${String(found)} seconds`,
            allowed: `1 to ${String(oldest)} seconds`,
          });
      }
    }
    for (const [name, words, seconds] of jobsOf(ages)) {
      demandJob(unit, name, new RegExp(`${PROGRAM} ${words}$`), report);
      demandEvery(unit, name, seconds, report);
    }
    filesAt(unit, ["/etc/systemd/system/phiward-alert@.service", "/etc/phiward/alert.json"], report);
  },
};

function agesOf(configured: Configured | undefined): Ages {
  return {
    backup: thresholdOf(THRESHOLDS, "backupHours", configured) * HOUR,
    check: OLDEST_CHECK,
    "restore-test": thresholdOf(THRESHOLDS, "restoreTestHours", configured) * HOUR,
  };
}

/** Each job, its words, and the seconds in which it must come: what comes more rarely is too old before the next one. */
function jobsOf(ages: Ages): readonly (readonly [name: string, words: string, seconds: number])[] {
  return [
    ["phiward-backup", "run", Math.min(DAY, ages.backup)],
    ["phiward-backup-check", "check", DAY],
    ["phiward-restore-test", "restore-test", Math.min(7 * DAY, ages["restore-test"])],
    ["phiward-backup-fresh", "fresh", DAY],
  ];
}
