import { programCommand } from "../../plan/programs";
import type { Check } from "../../plan/types";
import { ALERT_CHECKS } from "../alerts/plan";
import { jobChecks } from "../timers";
import { BACKUP, backupJobs } from "./jobs";
import type { BackupSettings } from "./settings";

/** What the running host must answer about its backups. */
export function backupChecks(state: BackupSettings): readonly Check[] {
  const fresh = (id: string, control: string, cites: readonly string[], job: string): Check => ({
    id,
    control,
    cites,
    argv: programCommand(BACKUP, "fresh", job),
    expect: { kind: "equals", text: "fresh" },
  });
  return [
    fresh("backup-recent", "BKP-01", ["164.308(a)(7)(ii)(A)", "GDPR 32(1)(c)"], "backup"),
    fresh("backup-checked", "BKP-06", ["164.312(c)(2)"], "check"),
    fresh("backup-restore-tested", "BKP-05", ["164.308(a)(7)(ii)(D)", "GDPR 32(1)(d)"], "restore-test"),
    {
      id: "backup-repository-encrypted",
      control: "BKP-02",
      cites: ["164.312(a)(2)(iv)", "GDPR 32(1)(a)"],
      argv: ["restic", "--repo", state.repository, "--password-file", state.passwordFile, "--no-lock", "--no-cache", "cat", "config"],
      expect: { kind: "matches", pattern: '"version": 2' },
    },
    {
      id: "backup-repository-closed",
      control: "BKP-02",
      cites: ["164.312(a)(1)"],
      argv: ["stat", "--format=%U:%G %a", "/var/backups/phiward", "/var/log/phiward"],
      expect: { kind: "equals", text: "root:root 700\nroot:root 700" },
    },
    ...jobChecks(backupJobs(state)),
    ...ALERT_CHECKS,
  ];
}
