/** All units of a host as data, in the order in which they are applied; the operator's commands and the gate read the same list. */
import { baselinePlan } from "./baseline/plan";
import { baselineState } from "./baseline/state";
import type { StackConfig } from "./config";
import { fail2banPlan } from "./fail2ban/plan";
import { fail2banState } from "./fail2ban/state";
import type { HostPlan } from "./host/plan";
import { peoplePlan } from "./people/plan";
import { peopleState } from "./people/state";
import { sshPlan } from "./ssh/plan";
import { sshState } from "./ssh/state";
import { ufwPlan } from "./ufw/plan";
import { ufwState } from "./ufw/state";

/** One unit of a host. */
export interface PlannedUnit {
  /** Type token of its component. */
  readonly type: string;
  readonly state: object;
  readonly plan: HostPlan;
}

/** The units of the host `name`, first to last. */
export function plannedUnits(config: StackConfig, name: string): readonly PlannedUnit[] {
  const unit = <State extends object>(component: string, state: State, plan: (state: State) => HostPlan): PlannedUnit => ({
    type: `phiward:host:${component}`,
    state,
    plan: plan(state),
  });
  return [
    unit("Baseline", baselineState(config, name), baselinePlan),
    unit("People", peopleState(config), peoplePlan),
    unit("Ssh", sshState(config), sshPlan),
    unit("Ufw", ufwState(config), ufwPlan),
    unit("Fail2ban", fail2banState(config), fail2banPlan),
  ];
}

/** The plans of the host `name`, first to last. */
export function hostPlans(config: StackConfig, name: string): readonly HostPlan[] {
  return plannedUnits(config, name).map(({ plan }) => plan);
}
