/** The units of a host as plain data, in the order in which they are applied: one list for the program, the operator's commands and the gate. */
import { accountsPlan } from "./accounts/plan";
import { accountsState } from "./accounts/state";
import { backupPlan } from "./backup/plan";
import { backupState } from "./backup/state";
import { baselinePlan } from "./baseline/plan";
import { baselineState } from "./baseline/state";
import { certificatesPlan } from "./certificates/plan";
import { certificatesState } from "./certificates/state";
import type { StackConfig } from "./config";
import { dockerPlan } from "./docker/plan";
import { dockerState } from "./docker/state";
import { volumePlan } from "./droplet/volume/plan";
import { volumeState } from "./droplet/volume/state";
import { fail2banPlan } from "./fail2ban/plan";
import { fail2banState } from "./fail2ban/state";
import type { HostPlan } from "./host/plan";
import { nginxPlan } from "./nginx/plan";
import { nginxState } from "./nginx/state";
import { peoplePlan } from "./people/plan";
import { peopleState } from "./people/state";
import { retirePlan } from "./retire/plan";
import { retireState } from "./retire/state";
import { secretsPlan } from "./secrets/plan";
import { secretsState } from "./secrets/state";
import { sshPlan } from "./ssh/plan";
import { sshState } from "./ssh/state";
import { ufwPlan } from "./ufw/plan";
import { ufwState } from "./ufw/state";
import { vaultPlan } from "./vault/plan";
import { vaultState } from "./vault/state";

/** One unit of a host. */
export interface PlannedUnit {
  /** Type token of its component. */
  readonly type: string;
  readonly state: object;
  readonly plan: HostPlan;
}

/** What a host is to have beside the units that every host has. */
export interface HostDuties {
  /** Containers, with secrets and what retires them. */
  readonly services: boolean;
  /** Databases among them, with accounts. */
  readonly databases: boolean;
  readonly sites: boolean;
  readonly backup: boolean;
  /** Whether it keeps the backups of others. */
  readonly vault: boolean;
}

/** Reads off the configuration what the host `name` is for. */
export function hostDuties({ hosts, services, sites, backup }: StackConfig, name: string): HostDuties {
  const role = hosts.find((host) => host.name === name)?.role;
  const isApplication = role === "application";
  return {
    services: isApplication && services.length > 0,
    databases: isApplication && services.some(({ kind }) => kind !== "container"),
    sites: isApplication && sites.length > 0,
    backup: isApplication && backup !== undefined,
    vault: role === "vault",
  };
}

/** The units of the host `name`, first to last. */
export function plannedUnits(config: StackConfig, name: string): readonly PlannedUnit[] {
  const unit = <State extends object>(component: string, state: State, plan: (state: State) => HostPlan): PlannedUnit => ({
    type: `phiward:host:${component}`,
    state,
    plan: plan(state),
  });
  const duties = hostDuties(config, name);
  const volume = volumeState(config, name);
  return [
    unit("Baseline", baselineState(config, name), baselinePlan),
    unit("People", peopleState(config, name), peoplePlan),
    unit("Ssh", sshState(config), sshPlan),
    unit("Ufw", ufwState(config, name), ufwPlan),
    unit("Fail2ban", fail2banState(config, name), fail2banPlan),
    ...(volume === undefined ? [] : [unit("Volume", volume, volumePlan)]),
    ...(duties.vault ? [unit("Vault", vaultState(config, name), vaultPlan)] : []),
    ...(duties.services ? [unit("Docker", dockerState(config), dockerPlan)] : []),
    ...(duties.services || duties.backup ? [unit("Secrets", secretsState(config), secretsPlan)] : []),
    ...(duties.databases ? [unit("Accounts", accountsState(config), accountsPlan)] : []),
    ...(duties.sites
      ? [unit("Certificates", certificatesState(config), certificatesPlan), unit("Nginx", nginxState(config), nginxPlan)]
      : []),
    ...(duties.backup ? [unit("Backup", backupState(config, name), backupPlan)] : []),
    ...(duties.services || duties.backup ? [unit("Retire", retireState(config), retirePlan)] : []),
  ];
}

/** The plans of the host `name`, first to last. */
export function hostPlans(config: StackConfig, name: string): readonly HostPlan[] {
  return plannedUnits(config, name).map(({ plan }) => plan);
}
