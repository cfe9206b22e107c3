/** The units of a host as plain data, in the order in which they are applied: one list for the program, the operator's commands and the gate. */

import { backupPlan } from "./backup/backup/plan";
import { backupSettings } from "./backup/backup/settings";
import { vaultPlan } from "./backup/vault/plan";
import { vaultSettings } from "./backup/vault/settings";
import { volumePlan } from "./cloud/volume/plan";
import { volumeState } from "./cloud/volume/settings";
import type { StackConfig } from "./config/schema";
import { accountsPlan } from "./containers/accounts/plan";
import { accountsSettings } from "./containers/accounts/settings";
import { dockerPlan } from "./containers/daemon/plan";
import { dockerSettings } from "./containers/daemon/settings";
import { stackModel } from "./containers/model";
import { retirePlan } from "./containers/retire/plan";
import { retireSettings } from "./containers/retire/settings";
import { secretsPlan } from "./containers/secrets/plan";
import { secretsSettings } from "./containers/secrets/settings";
import { certificatesPlan } from "./edge/certificates/plan";
import { certificatesSettings } from "./edge/certificates/settings";
import { nginxPlan } from "./edge/nginx/plan";
import { nginxSettings } from "./edge/nginx/settings";
import type { HostPlan } from "./plan/types";
import { baselinePlan } from "./system/baseline/plan";
import { baselineState } from "./system/baseline/settings";
import { fail2banPlan } from "./system/fail2ban/plan";
import { fail2banState } from "./system/fail2ban/settings";
import { peoplePlan } from "./system/people/plan";
import { peopleState } from "./system/people/settings";
import { sshPlan } from "./system/ssh/plan";
import { sshState } from "./system/ssh/settings";
import { ufwPlan } from "./system/ufw/plan";
import { ufwState } from "./system/ufw/settings";

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
  const stack = stackModel(config);
  const duties = hostDuties(config, name);
  const volume = volumeState(config, name);
  return [
    unit("Baseline", baselineState(config, name), baselinePlan),
    unit("People", peopleState(config, name), peoplePlan),
    unit("Ssh", sshState(config), sshPlan),
    unit("Ufw", ufwState(config, name), ufwPlan),
    unit("Fail2ban", fail2banState(config, name), fail2banPlan),
    ...(volume === undefined ? [] : [unit("Volume", volume, volumePlan)]),
    ...(duties.vault ? [unit("Vault", vaultSettings(stack, name), vaultPlan)] : []),
    ...(duties.services ? [unit("Docker", dockerSettings(stack), dockerPlan)] : []),
    ...(duties.services || duties.backup ? [unit("Secrets", secretsSettings(stack), secretsPlan)] : []),
    ...(duties.databases ? [unit("Accounts", accountsSettings(stack), accountsPlan)] : []),
    ...(duties.sites
      ? [unit("Certificates", certificatesSettings(stack), certificatesPlan), unit("Nginx", nginxSettings(stack), nginxPlan)]
      : []),
    ...(duties.backup ? [unit("Backup", backupSettings(stack, name), backupPlan)] : []),
    ...(duties.services || duties.backup ? [unit("Retire", retireSettings(stack), retirePlan)] : []),
  ];
}

/** The plans of the host `name`, first to last. */
export function hostPlans(config: StackConfig, name: string): readonly HostPlan[] {
  return plannedUnits(config, name).map(({ plan }) => plan);
}
