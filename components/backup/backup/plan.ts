import { type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { METRICS_DIRECTORY } from "../../plan/places";
import { programCommand } from "../../plan/programs";
import { readUnits, stoppedUnits } from "../../plan/systemd";
import { ANY, type ConcernPlan, EMPTY_PLAN, ESCROW_DIRECTORY } from "../../plan/types";
import { ALERT_DIRECTORY, ALERT_STEPS, alertFiles, FLUSH_TIMER } from "../alerts/plan";
import { jobUnits } from "../timers";
import { backupChecks } from "./checks";
import { BACKUP, backupJobs, offsiteUnit } from "./jobs";
import { RESTORE_SIGNERS, signersText } from "./restores";
import type { BackupSettings } from "./settings";

const VAULT_KEY = "/etc/phiward/vault-host-key";

export function backupPlan(settings: BackupSettings): ConcernPlan {
  const jobs = jobUnits(backupJobs(settings));
  return {
    ...EMPTY_PLAN,
    packages: ["restic", "openssh-client", "python3"],
    directories: [
      ALERT_DIRECTORY,
      ...(["/var/backups/phiward", "/var/log/phiward"] as const).map((path): PlanDirectory => ({ path, owner: "root:root", mode: "0700" })),
      ...(["/var/lib/prometheus", METRICS_DIRECTORY] as const).map((path): PlanDirectory => ({ path, owner: "root:root", mode: "0755" })),
    ],
    files: [
      textFile("/etc/phiward/backup.json", settingsFile(settings), "0600"),
      textFile(RESTORE_SIGNERS, signersText(settings.restores), "0600"),
      ...vaultKey(settings),
      ...alertFiles(settings.alerts),
      ...jobs.files,
    ],
    steps: [
      readUnits([ANY]),
      ...ALERT_STEPS,
      {
        // Before the timers: one that fires during the first deploy would send an alert that there is no backup yet.
        // It may fail: the programs have to be there all the same, for a new host is restored with them. The checks say why.
        id: "first-backup",
        argv: ["-systemctl", "start", "phiward-backup-first.service"],
        phase: "after",
        when: { kind: "state", unless: { argv: programCommand(BACKUP, "fresh"), expect: { kind: "exit", code: 0 } } },
        undo: { kind: "none" },
      },
      ...jobs.steps,
    ],
    checks: backupChecks(settings),
  };
}

function settingsFile(settings: BackupSettings): string {
  const { host, repository, passwordFile, sealedFile, databases, paths, volumes, secrets, keep, limits, formerHostKeys } = settings;
  const offsite =
    settings.offsite === null
      ? null
      : { address: settings.offsite.address, port: settings.offsite.port, user: settings.offsite.user, knownHosts: VAULT_KEY };
  const caches = settings.caches === undefined ? {} : { caches: settings.caches };
  const sources = { databases, ...caches, paths, volumes, secrets };
  return `${JSON.stringify({ host, repository, passwordFile, sealedFile, escrow: ESCROW_DIRECTORY, ...sources, keep, limits, offsite, offsiteUnit: offsiteUnit(settings), formerHostKeys, restorePeople: settings.restores.people }, null, 2)}\n`;
}

// The program asks for it by this name, whatever the vault's address is.
function vaultKey({ offsite }: BackupSettings): readonly PlanFile[] {
  return offsite === null ? [] : [textFile(VAULT_KEY, `vault ${offsite.hostKey}\n`)];
}

/** Takes the backups' jobs down. The repository, its password and the escrow of it stay: backups are removed by people alone. */
export const BACKUP_REMOVAL: ConcernPlan = stoppedUnits(
  [...["phiward-backup", "phiward-backup-check", "phiward-restore-test", "phiward-backup-fresh"].map((job) => `${job}.timer`), FLUSH_TIMER],
  "BKP-10",
);
