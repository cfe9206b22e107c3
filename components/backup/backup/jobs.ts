import { BACKUP_JOB_HOURS } from "../../config/calendar";
import { METRICS_DIRECTORY } from "../../plan/places";
import { programCommand } from "../../plan/programs";
import { daily, type Job } from "../timers";
import type { BackupSettings } from "./settings";

/** The program of the backups on the host. */
export const BACKUP = "backup";
/** Starts services again that a killed job or restore held stopped, and removes a temporary database with its password. */
export const CLEAN_UP = programCommand(BACKUP, "clean-up").join(" ");

/** What timers start, and the one that the first deploy starts. */
export function backupJobs(settings: BackupSettings): readonly Job[] {
  const { every, restoreTest } = settings;
  return [
    job(
      "phiward-backup",
      "Back up databases, volumes and files",
      ["run"],
      every === "hour" ? hourly(settings.time) : daily(settings.time, BACKUP_JOB_HOURS.backup),
    ),
    job("phiward-backup-check", "Check the backups for damage", ["check"], daily(settings.time, BACKUP_JOB_HOURS.check)),
    job(
      "phiward-restore-test",
      "Restore the last backup into a temporary database and compare",
      ["restore-test"],
      `${restoreTest === "day" ? "" : "Sun "}${daily(settings.time, BACKUP_JOB_HOURS.restoreTest)}`,
    ),
    // Silence is a failure too: of a timer that does not start, nothing else would tell.
    job(
      "phiward-backup-fresh",
      "Check that the last backup, check and restore test are recent",
      ["fresh"],
      daily(settings.time, BACKUP_JOB_HOURS.fresh),
    ),
    ...(sendsApart(settings) ? [job(OFFSITE_UNIT, "Send the last backup to the vault", ["run", "offsite"], null)] : []),
    job("phiward-backup-first", "Back up, check and test a restore for the first time", ["first"], null),
  ];
}

// Started by each hourly backup: however slow the way to the vault is, the next local one does not wait for it.
const OFFSITE_UNIT = "phiward-backup-offsite";

/** The unit that sends backups to the vault, where they are made every hour; else each backup itself does. */
export function offsiteUnit(settings: BackupSettings): string | null {
  return sendsApart(settings) ? `${OFFSITE_UNIT}.service` : null;
}

function sendsApart({ every, offsite }: BackupSettings): boolean {
  return every === "hour" && offsite !== null;
}

function job(name: string, description: string, words: readonly string[], calendar: string | null): Job {
  return {
    name,
    description,
    commands: [programCommand(BACKUP, ...words).join(" ")],
    calendar,
    delaySeconds: 120,
    writes: ["/var/backups/phiward", "/var/lib/phiward", `-${METRICS_DIRECTORY}`],
    // To read other users' files, to pass the temporary database its password, and to end applications' sessions that keep all
    // others out of a database server.
    capabilities: ["CAP_DAC_READ_SEARCH", "CAP_CHOWN", "CAP_KILL"],
    cleanUp: CLEAN_UP,
  };
}

function hourly(time: string): string {
  return `*-*-* *:${time.slice(3)}:00 UTC`;
}
