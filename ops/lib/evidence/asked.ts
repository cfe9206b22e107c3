/** Which checks verify asks each host of a stack, from inside and from outside, and the control that each belongs to. */
import type { ControlId } from "../../../components/compliance/controls";
import { hostDuties } from "../../../components/config/duties";
import type { StackConfig } from "../../../components/config/schema";
import { stackModel } from "../../../components/containers/model";
import { nginxSettings } from "../../../components/edge/nginx/settings";
import { checkedUnits } from "../../../components/registry";
import { aboutHost, aboutSite, OUTSIDE_HOST, OUTSIDE_SITE, type OutsideHostCheck, type OutsideSiteCheck } from "../outsideControls";

/** A check that a host is asked. */
export interface AskedCheck {
  readonly host: string;
  readonly id: string;
  readonly control: ControlId;
}

/** All checks of all hosts: what verify is to have an answer to. */
export function askedChecks(config: StackConfig): readonly AskedCheck[] {
  return config.hosts.flatMap(({ name: host }) => [
    ...checkedUnits(config, host).flatMap(({ checks }) => checks.map(({ id, control }) => ({ host, id, control }))),
    ...outsideOf(config, host).map(({ id, control }) => ({ host, id, control })),
  ]);
}

function outsideOf(config: StackConfig, host: string): readonly Pick<AskedCheck, "id" | "control">[] {
  // Object.keys is typed as plain strings; these are the keys of two constants.
  const ofHost = Object.keys(OUTSIDE_HOST) as readonly OutsideHostCheck[];
  const ofSite = Object.keys(OUTSIDE_SITE) as readonly OutsideSiteCheck[];
  const sites = hostDuties(config, host).sites ? nginxSettings(stackModel(config)).sites : [];
  return [...ofHost.map(aboutHost), ...sites.flatMap(({ name }) => ofSite.map((check) => aboutSite(name, check)))];
}
