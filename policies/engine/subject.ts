/** What policies are shown of a component on a host. */

import { dropletArguments } from "../../components/cloud/droplet/settings";
import { hostKeyPlan } from "../../components/cloud/hostKey/plan";
import { hostKeySettings } from "../../components/cloud/hostKey/settings";
import type { HostConfig, StackConfig } from "../../components/config/schema";
import type { StackModel } from "../../components/containers/model";
import { DEPLOY_USER, SSH_PORT } from "../../components/plan/places";
import { reviewedArguments } from "../../components/plan/reviewedArguments";
import { plannedParts, plannedRemovals } from "../../components/registry";
import { UNKNOWN } from "../readers/value";

/** A component that the program registers, as `${host}-${unit}`, with its arguments. */
export interface ReviewedComponent {
  readonly type: string;
  readonly host: string;
  readonly unit: string;
  readonly args: object;
}

/** The components of a host, as the program registers them. */
export function reviewedComponents(model: StackModel, host: HostConfig): readonly ReviewedComponent[] {
  const { name } = host;
  const connection = { name, ...addressOf(host), port: SSH_PORT, user: DEPLOY_USER };
  const parts = plannedParts(model, host);
  return [
    ...ownUnits(model.config, host),
    ...parts.map((part) => ({
      type: part.type,
      host: name,
      unit: part.name,
      args: part.kind === "concern" ? reviewedArguments(part.settings, connection, part.plan) : { connection, ...part.resources },
    })),
    { type: "phiward:host:Programs", host: name, unit: "programs", args: { connection } },
    {
      type: "phiward:host:Removal",
      host: name,
      unit: "removal",
      args: { connection, concerns: plannedRemovals(parts).map(({ plan }) => plan.unit) },
    },
    { type: "phiward:host:Verify", host: name, unit: "verify", args: { connection } },
  ];
}

// Before the deploy nobody knows where a droplet will be, nor the key that it will make.
function addressOf({ address, hostKey }: HostConfig): { address: unknown; hostKey: unknown } {
  return { address: address ?? UNKNOWN, hostKey: hostKey ?? UNKNOWN };
}

// What a droplet has and an existing server has not.
function ownUnits(config: StackConfig, host: HostConfig): readonly ReviewedComponent[] {
  if (host.kind === "existing") return [];
  const { name, firstHostKey } = host;
  const settings = hostKeySettings(config, host);
  const connection = { name, address: UNKNOWN, hostKey: firstHostKey, port: SSH_PORT, user: DEPLOY_USER };
  return [
    { type: "phiward:digitalocean:Droplet", host: name, unit: "droplet", args: dropletArguments(config, host) },
    { type: "phiward:host:HostKey", host: name, unit: "host-key", args: reviewedArguments(settings, connection, hostKeyPlan(settings)) },
  ];
}
