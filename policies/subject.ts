/** What policies are shown of a component on a host. */
import type { HostConfig, StackConfig } from "../components/config";
import { judgedArguments } from "../components/host/judged";
import { DEPLOY_USER, type HostPlace, SSH_PORT } from "../components/host/place";
import { plannedUnits } from "../components/plans";

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
  return [
    ...plannedUnits(config, name).map(({ type, state, plan }) => ({
      type,
      host: name,
      unit: plan.unit,
      args: judgedArguments(state, host, plan),
    })),
    { type: "phiward:host:Verify", host: name, unit: "verify", args: { connection: { ...host } } },
  ];
}
