/** Waivers of checks that a running host fails. */
import type { Waiver, WaiverFault } from "../../policies/waivers/file";
import { checkOf, isOf } from "../../policies/waivers/rules";
import type { CheckResult } from "./agent";
import type { Acceptance } from "./record";
import { acceptance, type StackWaivers } from "./waivers";

/** One check's result; a failure that is accepted stays one, with who accepts it. */
export type ReportedResult = CheckResult & { readonly waiver?: Acceptance };

/** All results of one host. */
export interface HostResults {
  readonly host: string;
  readonly results: readonly ReportedResult[];
}

/** The results of a verification with the waivers applied, and what is wrong with these: faults, and waivers of checks that pass. */
export interface WaivedResults {
  readonly hosts: readonly HostResults[];
  readonly faults: readonly WaiverFault[];
}

/** Marks each failed check that is waived on its host. A waiver of a check that was skipped, or of a host that was not asked, may stay. */
export function waiveChecks(hosts: readonly HostResults[], { waivers, faults, checksOf }: StackWaivers): WaivedResults {
  const own = waivers.filter((waiver) => waiver.finding === undefined && checkOf(waiver, checksOf) !== undefined);
  const waived = hosts.map(({ host, results }) => ({
    host,
    results: results.map((result) => {
      const waiver = result.status === "fail" ? own.find((entry) => isOf(entry, { host, ...result })) : undefined;
      return waiver === undefined ? result : { ...result, waiver: acceptance(waiver) };
    }),
  }));
  return { hosts: waived, faults: [...faults, ...own.filter((waiver) => onlyPasses(waiver, hosts)).map(passes)] };
}

function onlyPasses(waiver: Waiver, hosts: readonly HostResults[]): boolean {
  const about = hosts.flatMap(({ host, results }) => results.filter((result) => isOf(waiver, { host, ...result })));
  return about.length > 0 && about.every(({ status }) => status === "pass");
}

function passes({ line, key, rule, resource }: Waiver): WaiverFault {
  return { line, key, found: `a waiver of ${rule} on ${resource}, which passes`, allowed: "a waiver of what a report shows; remove it" };
}
