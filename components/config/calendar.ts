/** When the hosts' own jobs are due, so that a host does not restart itself in one of them. */

/**
 * Hours after `backup.time` at which each job of the backups is due: those of the hosts, then those of a vault. They would wait for
 * each other's locks: the hosts have backed up, checked and tried a restore when the vault prunes, and it checks what is left then.
 */
export const BACKUP_JOB_HOURS = { backup: 0, check: 2, restoreTest: 3, fresh: 6, prune: 6, vaultCheck: 8 } as const;

/** When the certificates are renewed: from midnight on, an hour late at most. */
export const CERTIFICATES_DUE = { calendar: "*-*-* 00:00:00 UTC", delaySeconds: 3600 } as const;

/** Minutes before the look for known vulnerabilities at which its data are brought, and lynis begins. */
const SCANS_BEFORE = { look: 0, tracker: 30, lynis: 60 } as const;

/** Times of day (HH:MM, UTC) of what belongs to the look for known vulnerabilities at `time`. */
export function scanTimes(time: string): Readonly<Record<keyof typeof SCANS_BEFORE, string>> {
  const at = (before: number): string => timeOf((minuteOf(time) - before + DAY) % DAY);
  return { look: at(SCANS_BEFORE.look), tracker: at(SCANS_BEFORE.tracker), lynis: at(SCANS_BEFORE.lynis) };
}

/** Minutes of a day, each with how many minutes before and after it are a job's own. */
interface Due {
  readonly minute: number;
  readonly before: number;
  readonly after: number;
}

const DAY = 1440;
// A restart takes a minute or two, and timers start a job up to two minutes late.
const BEFORE = 10;
const JOB = 60;
// Between two hourly backups there has to be time to restart.
const HOURLY_JOB = 30;

/**
 * The time at which hosts restart themselves (HH:MM, UTC): `updates.rebootTime`, or the first minute after it that is ten minutes
 * before, and an hour after, the start of every job of the stack's hosts: a vault takes the backups of the others, so that one time
 * suits all. With hourly backups, half an hour after each.
 */
export function rebootTime(config: Planned & { readonly updates: { readonly rebootTime: string } }): string {
  const wanted = minuteOf(config.updates.rebootTime);
  // A configuration whose jobs leave no room is refused, unless hosts do not restart themselves.
  return timeOf(freeMinute(config, wanted) ?? wanted);
}

/** Whether there is a minute of the day in no job. Between hosts' own jobs there always is: they take 8 hours at most, and half of every hour. */
export function hasRebootTime(config: Planned): boolean {
  return freeMinute(config, 0) !== undefined;
}

/** What jobs are known by. */
interface Planned {
  readonly backup?: { readonly every: "hour" | "day"; readonly time: string } | undefined;
  readonly jobs: readonly { readonly every: "hour" | "day" | "week" | "lock"; readonly time: string }[];
  readonly integrity?: { readonly time: string } | undefined;
  readonly monitoring?: { readonly vulnerabilities: { readonly time: string } } | undefined;
  readonly retention?: { readonly time: string } | undefined;
}

function freeMinute(config: Planned, wanted: number): number | undefined {
  const jobs = due(config);
  const minutes = Array.from({ length: DAY }, (_, later) => (wanted + later) % DAY);
  return minutes.find((minute) => !jobs.some((job) => isIn(minute, job)));
}

/** When a scheduled job of a service starts, as systemd.time(7) says it. */
export function jobCalendar({ every, time }: Planned["jobs"][number]): string {
  const at = every === "hour" ? `*:${time.slice(3)}` : time;
  return `${every === "week" ? "Sun " : ""}*-*-* ${at}:00 UTC`;
}

function due({ backup, jobs, integrity, monitoring, retention }: Planned): readonly Due[] {
  const scans = monitoring === undefined ? [] : Object.values(scanTimes(monitoring.vulnerabilities.time));
  const daily = [integrity, retention].flatMap((section) => (section === undefined ? [] : [section.time]));
  const look = [...daily, ...scans].map(declaredJob);
  return [
    ...hostJobs(backup),
    ...look,
    // When a person is locked, nobody knows beforehand.
    ...jobs
      .filter(({ every }) => every !== "lock")
      .flatMap(({ every, time }) => (every === "hour" ? hourly(minuteOf(time)) : [declaredJob(time)])),
  ];
}

// One that still runs then is run again at its time: what takes hours is no reason for a host not to restart for weeks.
function declaredJob(time: string): Due {
  return { minute: minuteOf(time), before: BEFORE, after: HOURLY_JOB };
}

function hourly(start: number): readonly Due[] {
  return Array.from({ length: 24 }, (_, hour) => ({ minute: hour * 60 + (start % 60), before: BEFORE, after: HOURLY_JOB }));
}

function hostJobs(backup: Planned["backup"]): readonly Due[] {
  const certificates = { minute: 0, before: BEFORE, after: CERTIFICATES_DUE.delaySeconds / 60 + BEFORE };
  if (backup === undefined) return [certificates];
  const start = minuteOf(backup.time);
  const daily = Object.values(BACKUP_JOB_HOURS).map((hours) => ({ minute: (start + hours * 60) % DAY, before: BEFORE, after: JOB }));
  return [certificates, ...daily, ...(backup.every === "hour" ? hourly(start) : [])];
}

function isIn(minute: number, { minute: start, before, after }: Due): boolean {
  return (minute - start + before + DAY) % DAY < before + after;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function timeOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}
