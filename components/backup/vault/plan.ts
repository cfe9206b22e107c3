import { type PlanDirectory, textFile } from "../../plan/files";
import { VAULT_DIRECTORY } from "../../plan/machineAccounts";
import { readUnits, stoppedUnits } from "../../plan/systemd";
import { ANY, type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import { ALERT_DIRECTORY, ALERT_STEPS, alertFiles, FLUSH_TIMER } from "../alerts/plan";
import { jobUnits } from "../timers";
import { vaultChecks } from "./checks";
import { vaultJobs } from "./jobs";
import type { VaultSettings } from "./settings";

/** The people concern has the accounts and their keys. */
export function vaultPlan(settings: VaultSettings): ConcernPlan {
  const jobs = jobUnits(vaultJobs(settings));
  const program = { hosts: settings.accounts.map(({ host }) => host), keep: settings.keep, limit: settings.silenceSeconds };
  return {
    ...EMPTY_PLAN,
    packages: ["restic", "rclone", "age", "python3"],
    directories: [
      ALERT_DIRECTORY,
      { path: VAULT_DIRECTORY, owner: "root:root", mode: "0755" },
      ...settings.accounts.map(({ name, home }): PlanDirectory => ({ path: home, owner: `${name}:${name}`, mode: "0700" })),
    ],
    files: [
      textFile("/etc/phiward/vault.json", `${JSON.stringify(program, null, 2)}\n`, "0600"),
      ...alertFiles(settings.alerts),
      ...jobs.files,
    ],
    steps: [readUnits([ANY]), ...ALERT_STEPS, ...jobs.steps],
    checks: vaultChecks(settings),
  };
}

/** Takes the vault's jobs down. What it keeps stays: backups are removed by people alone. */
export const VAULT_REMOVAL: ConcernPlan = stoppedUnits(
  [...["phiward-vault-prune", "phiward-vault-check"].map((job) => `${job}.timer`), FLUSH_TIMER],
  "BKP-10",
);
