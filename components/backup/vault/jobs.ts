import { BACKUP_JOB_HOURS } from "../../config/calendar";
import { VAULT_DIRECTORY } from "../../plan/machineAccounts";
import { programCommand } from "../../plan/programs";
import { daily, type Job } from "../timers";
import type { VaultSettings } from "./settings";

/** The program by which the vault cares for what it keeps. */
export const KEEPER = "vault";

/** What the vault's timers start. */
export function vaultJobs({ time }: VaultSettings): readonly Job[] {
  return [
    job("phiward-vault-prune", "Prune expired backups", "prune", daily(time, BACKUP_JOB_HOURS.prune)),
    job("phiward-vault-check", "Check the backups of other hosts for damage", "check", daily(time, BACKUP_JOB_HOURS.vaultCheck)),
  ];
}

function job(name: string, description: string, verb: string, calendar: string): Job {
  return {
    name,
    description,
    commands: [programCommand(KEEPER, verb).join(" ")],
    calendar,
    delaySeconds: 120,
    writes: [VAULT_DIRECTORY, "/var/lib/phiward"],
    // To read each host's sealed password, to become its account, to move away what is not restic's, and to end a restic that is
    // its account's and says too much.
    capabilities: ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_KILL", "CAP_SETUID", "CAP_SETGID"],
    cleanUp: null,
  };
}
