import { VAULT_DIRECTORY } from "../../plan/machineAccounts";
import { readUnits, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, textFile } from "../../plan/types";
import { ALERT_STEPS, alertFiles, FLUSH_TIMER } from "../alerts/plan";
import { jobFiles, jobSteps } from "../timers";
import { vaultChecks } from "./checks";
import { vaultJobs } from "./jobs";
import type { VaultSettings } from "./settings";

/** The people concern has the accounts and their keys. */
export function vaultPlan(state: VaultSettings): ConcernPlan {
  const jobs = vaultJobs(state);
  const settings = { hosts: state.accounts.map(({ host }) => host), keep: state.keep, limit: state.silenceSeconds };
  return {
    ...EMPTY_PLAN,
    packages: ["restic", "rclone", "age", "python3"],
    directories: [
      { path: VAULT_DIRECTORY, owner: "root:root", mode: "0755" },
      ...state.accounts.map(({ name, home }) => ({ path: home, owner: `${name}:${name}`, mode: "0700" })),
    ],
    files: [
      textFile("/etc/phiward/vault.json", `${JSON.stringify(settings, null, 2)}\n`, "0600"),
      ...alertFiles(state.alerts),
      ...jobs.flatMap(jobFiles),
    ],
    steps: [readUnits(["*"]), ...ALERT_STEPS, ...jobSteps(jobs)],
    checks: vaultChecks(state),
  };
}

/** Takes the vault's jobs down. What it keeps stays: backups are removed by people alone. */
export const VAULT_REMOVAL: ConcernPlan = stoppedUnits(
  [...["phiward-vault-prune", "phiward-vault-check"].map((job) => `${job}.timer`), FLUSH_TIMER],
  "BKP-10",
);
