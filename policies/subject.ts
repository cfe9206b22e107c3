/** What policies are shown of a component on a host. */
import { createHash } from "node:crypto";
import { baselinePlan, baselineState } from "../components/baseline/plan";
import type { HostConfig, StackConfig } from "../components/config";
import { fail2banPlan, fail2banState } from "../components/fail2ban/plan";
import { DEPLOY_USER, type HostPlace, SSH_PORT } from "../components/host/place";
import type { HostPlan, PlanFile } from "../components/host/plan";
import { peoplePlan, peopleState } from "../components/people/plan";
import { sshPlan, sshState } from "../components/ssh/plan";
import { ufwPlan, ufwState } from "../components/ufw/plan";

/** The arguments of a unit's component: what a preview shows and policies judge. */
export interface JudgedArguments<State extends object> {
  readonly state: State;
  readonly connection: HostPlace;
  readonly files: readonly object[];
  readonly deadManSeconds: number | null;
}

/** The arguments of the component that brings `plan` to `host`: the state, the connection, and every file in the open but for secrets. */
export function judgedArguments<State extends object>(state: State, host: HostPlace, plan: HostPlan): JudgedArguments<State> {
  return { state, connection: { ...host }, files: plan.files.map(shownFile), deadManSeconds: plan.deadManSeconds };
}

/** A component that the program registers, as `${host}-${unit}`, with its arguments. */
export interface JudgedUnit {
  readonly type: string;
  readonly host: string;
  readonly unit: string;
  readonly args: object;
}

/** The components of a host, as the program registers them. */
export function hostUnits(config: StackConfig, { name, address, hostKey }: HostConfig): readonly JudgedUnit[] {
  const host: HostPlace = { name, address, hostKey, port: SSH_PORT, user: DEPLOY_USER };
  const unit = <State extends object>(type: string, state: State, plan: (state: State) => HostPlan): JudgedUnit => {
    const wanted = plan(state);
    return { type: `phiward:host:${type}`, host: name, unit: wanted.unit, args: judgedArguments(state, host, wanted) };
  };
  return [
    unit("Baseline", baselineState(config, name), baselinePlan),
    unit("People", peopleState(config), peoplePlan),
    unit("Ssh", sshState(config), sshPlan),
    unit("Ufw", ufwState(config), ufwPlan),
    unit("Fail2ban", fail2banState(config), fail2banPlan),
    { type: "phiward:host:Verify", host: name, unit: "verify", args: { connection: { ...host } } },
  ];
}

// Never the text of a secret.
function shownFile({ path, owner, mode, content }: PlanFile): object {
  if ("secret" in content) return { path, owner, mode, secret: content.secret };
  const text = "text" in content ? content.text : JSON.stringify(content.versioned);
  return { path, owner, mode, sha256: createHash("sha256").update(text).digest("hex"), text };
}
