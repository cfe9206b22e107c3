/** Which failed checks of a running host a deploy goes on with: those that the stack's waivers accept today. */
import { join } from "node:path";
import type { StackConfig } from "../../components/config/schema";
import type { Waivers, WaiverTerms } from "./file";
import { insideChecks, oncePerHost } from "./hostChecks";
import { waiversOfUrn } from "./ofUrn";
import { checkOf, faultOfRule } from "./rules";

/** Ids of the accepted checks of a host, by its name. */
export type AcceptedChecks = (host: string) => ReadonlySet<string>;

/**
 * The checks that the waivers accept which `read` finds by these terms. A check that may not be waived, or whose waiver has a fault, is
 * none of them.
 */
export function acceptedChecks(config: StackConfig, today: string, read: (terms: WaiverTerms) => Pick<Waivers, "waivers">): AcceptedChecks {
  const checksOf = oncePerHost(config, insideChecks);
  // Waivers of rules are the gate's: without rules, what is about one is left out here.
  const { waivers } = read({ today, faultOfRule: faultOfRule({ rules: [], checksOf }) });
  const accepted = waivers.flatMap((waiver) => (waiver.finding === undefined ? (checkOf(waiver, checksOf) ?? []) : []));
  return (host) => new Set(accepted.flatMap((check) => (check.host === host ? [check.id] : [])));
}

/** Reads the waivers of a stack of the program whose project has `directory`, where Pulumi's engine has its pack find them too. */
export function waiversOfProgram(project: string, stack: string, directory: string): (terms: WaiverTerms) => Waivers {
  const environment = { PHIWARD_PROJECT: process.env["PHIWARD_PROJECT"], PWD: directory };
  return (terms) => waiversOfUrn(`urn:pulumi:${stack}::${project}::`, { pack: join(directory, "policies"), environment }, terms);
}
