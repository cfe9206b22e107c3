import type { Rule } from "../engine/rule";
import { filesAt, jsonFile } from "../readers/files";
import { demandRetention, RETENTION_THRESHOLDS } from "../readers/retention";
import { demandEvery, demandJob } from "../readers/systemd";

const DAY = 86_400;
const PROGRAM = String.raw`^/usr/bin/python3 -I /usr/local/lib/phiward/phiward\.pyz backup`;
// Job, its words, and how often it must come.
const JOBS = [
  ["phiward-backup", "run", DAY],
  ["phiward-backup-check", "check", DAY],
  ["phiward-restore-test", "restore-test", 7 * DAY],
  ["phiward-backup-fresh", "fresh", DAY],
] as const;
// A job's own time, and some hours of delay.
const OLDEST = { backup: 30 * 3600, check: 30 * 3600, "restore-test": 8 * DAY } as const;

/** A backup that was never restored is a hope. */
export const backupRestoreTested: Rule = {
  id: "backup-restore-tested",
  description: "Backups are made and checked daily, restored for a test every week, kept for a month, and failures send an alert.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["BKP-05", "BKP-01", "BKP-06", "BKP-07", "BKP-10"],
  remedy: "set every, restoreTest and keep of backup within these limits, and leave the rendered timers unchanged",
  appliesTo: ["phiward:host:Backup"],
  thresholds: RETENTION_THRESHOLDS,
  judge(unit, report, { configured }) {
    const rendered = jsonFile(unit, "/etc/phiward/backup.json", report);
    for (const place of [unit.at("settings"), ...(rendered === undefined ? [] : [rendered])]) {
      demandRetention(place.at("keep"), report, configured);
      for (const [job, oldest] of Object.entries(OLDEST)) {
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
    for (const [name, words, seconds] of JOBS) {
      demandJob(unit, name, new RegExp(`${PROGRAM} ${words}$`), report);
      demandEvery(unit, name, seconds, report);
    }
    filesAt(unit, ["/etc/systemd/system/phiward-alert@.service", "/etc/phiward/alert.json"], report);
  },
};
