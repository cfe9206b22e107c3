import type { ControlId } from "../../compliance/controls";
import { programCommand } from "../../plan/programs";
import type { Check } from "../../plan/types";
import { ALERT_CHECKS } from "../alerts/plan";
import { jobChecks } from "../timers";
import { BACKUP, backupJobs } from "./jobs";
import type { BackupSettings } from "./settings";

export function backupChecks(settings: BackupSettings): readonly Check[] {
  const fresh = (id: string, control: ControlId, job: string): Check => ({
    id,
    control,
    argv: programCommand(BACKUP, "fresh", job),
    expect: { kind: "equals", text: "fresh" },
    outOfReach: true,
  });
  return [
    fresh("backup-recent", "BKP-01", "backup"),
    fresh("backup-checked", "BKP-06", "check"),
    fresh("backup-restore-tested", "BKP-05", "restore-test"),
    {
      id: "backup-repository-encrypted",
      control: "BKP-02",
      argv: ["restic", "--repo", settings.repository, "--password-file", settings.passwordFile, "--no-lock", "--no-cache", "cat", "config"],
      expect: { kind: "matches", pattern: '"version": 2' },
      outOfReach: true,
    },
    {
      id: "backup-repository-closed",
      control: "BKP-02",
      argv: ["stat", "--format=%U:%G %a", "/var/backups/phiward", "/var/log/phiward"],
      expect: { kind: "equals", text: "root:root 700\nroot:root 700" },
    },
    ...jobChecks(backupJobs(settings)),
    ...ALERT_CHECKS,
  ];
}
