/** `phiward backup`: backs a host up now, and says when each of its jobs last succeeded. */
import { z } from "zod";
import { BACKUP } from "../../components/backup/backup/jobs";
import { programCommand } from "../../components/plan/programs";
import { hostOf, type ReportOptions, report, resolvedStack } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { withProgress } from "../lib/progress";
import { deployTarget, overSsh } from "../lib/ssh";
import { hostJson, oneLine } from "../lib/terminal";

/** Run by the login of deploys. */
export const RUN_COMMAND = "sudo -n /usr/bin/systemctl start phiward-backup.service";
/** Run by the login of deploys. */
export const REASON_COMMAND =
  "sudo -n /usr/bin/journalctl --unit=phiward-backup.service --identifier=python3 --lines=1 --output=cat --no-pager";
/** Prints when each job of a host's backups last succeeded, as JSON. */
export const BACKUP_STATUS_COMMAND = `sudo -n ${programCommand(BACKUP, "status").join(" ")}`;

/** The answer of `BACKUP_STATUS_COMMAND`. */
export const backupStatus = z.object({
  host: z.string(),
  status: z.record(z.string(), z.record(z.string(), z.looseObject({ at: z.string() }))),
  /** Jobs that failed and have not succeeded since, a sentence each. */
  failed: z.array(z.string()).optional(),
  /** What restores replaced and kept, a sentence each, with the command that removes it. */
  kept: z.array(z.string()).optional(),
});

// The next backup begins a new repository where the one that was known is gone.
/** Run by the login of deploys. */
export const NEW_REPOSITORY_COMMAND = `sudo -n ${programCommand(BACKUP, "new-repository").join(" ")}`;

/** One line for each repository and job: when it last succeeded; one for each job that failed since, and for what restores kept. */
export function statusText({ host, status, failed = [], kept = [] }: z.infer<typeof backupStatus>): string {
  const lines = Object.entries(status).flatMap(([repository, jobs]) =>
    Object.entries(jobs).map(([job, { at }]) => `${host} ${repository.padEnd(8)} ${job.padEnd(13)} ${at}`),
  );
  return [...lines, ...failed.map((sentence) => `! ${host} ${sentence}`), ...kept.map((sentence) => `${host} ${sentence}`)].join("\n");
}

/** Options of `phiward backup`. */
export interface BackupOptions extends ReportOptions {
  readonly host: string;
  /** The repository that is created again, where the one that the host backed up to is gone. */
  readonly newRepository?: "local" | "offsite";
}

/** `phiward backup`. */
export async function backupCommand(options: BackupOptions): Promise<number> {
  const stack = resolvedStack(options);
  const host = hostOf(stack, options.host, ["application"]);
  const ask = (command: string) => overSsh(deployTarget(host), command, "", stack.context.patience);
  if (options.newRepository !== undefined) {
    const taken = await ask(`${NEW_REPOSITORY_COMMAND} ${options.newRepository}`);
    if (taken.code !== 0) throw new OperatorError(`${host.name}: ${taken.stderr.trim().replace(/^phiward: /, "")}`, 1);
  }
  const run = await withProgress(`${host.name}: backing up`, () => ask(RUN_COMMAND));
  if (run.code !== 0)
    throw new OperatorError(`${host.name}: ${oneLine((await ask(REASON_COMMAND)).stdout.trim()) || run.stderr.trim()}`, 1);
  // A renamed host calls itself by the name that its backups keep.
  const answer = { ...hostJson((await ask(BACKUP_STATUS_COMMAND)).stdout, backupStatus), host: host.name };
  report(options.json, answer, statusText(answer));
  return (answer.failed ?? []).length === 0 ? 0 : 1;
}
