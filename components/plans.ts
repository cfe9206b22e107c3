/** All plans of a host, in the order in which they are applied; the operator's commands ask the same checks. */
import { baselinePlan, baselineState } from "./baseline/plan";
import type { StackConfig } from "./config";
import { fail2banPlan, fail2banState } from "./fail2ban/plan";
import type { HostPlan } from "./host/plan";
import { peoplePlan, peopleState } from "./people/plan";
import { sshPlan, sshState } from "./ssh/plan";
import { ufwPlan, ufwState } from "./ufw/plan";

/** The plans of the host `name`, first to last. */
export function hostPlans(config: StackConfig, name: string): readonly HostPlan[] {
  return [
    baselinePlan(baselineState(config, name)),
    peoplePlan(peopleState(config)),
    sshPlan(sshState(config)),
    ufwPlan(ufwState(config)),
    fail2banPlan(fail2banState(config)),
  ];
}
