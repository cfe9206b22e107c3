/** The checks that a stack's hosts are asked, with what each proves. */
import { hostDuties } from "../../components/config/duties";
import type { StackConfig } from "../../components/config/schema";
import { stackModel } from "../../components/containers/model";
import { nginxSettings } from "../../components/edge/nginx/settings";
import { insideChecks, oncePerHost } from "../../policies/waivers/hostChecks";
import type { KnownCheck } from "../../policies/waivers/rules";
import { aboutHost, aboutSite, OUTSIDE_HOST, OUTSIDE_SITE, type OutsideHostCheck, type OutsideSiteCheck } from "./outsideControls";

/** Finds the checks of a host, from inside and from outside; none for a name that no host of the stack has. */
export function knownChecks(config: StackConfig): (host: string) => readonly KnownCheck[] {
  return oncePerHost(config, checksOf);
}

function checksOf(config: StackConfig, host: string): readonly KnownCheck[] {
  const sites = hostDuties(config, host).sites ? nginxSettings(stackModel(config)).sites : [];
  // Object.keys is typed as plain strings; these are the keys of constants, and there are no others.
  const ofHost = (Object.keys(OUTSIDE_HOST) as OutsideHostCheck[]).map(aboutHost);
  const ofSite = Object.keys(OUTSIDE_SITE) as OutsideSiteCheck[];
  return [
    ...insideChecks(config, host),
    ...[...ofHost, ...sites.flatMap(({ name }) => ofSite.map((check) => aboutSite(name, check)))].map((about) => ({ ...about, host })),
  ];
}
