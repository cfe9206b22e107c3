/** The waivers of the stack that Pulumi's engine has the pack judge. */
import type { StackValidationPolicy } from "@pulumi/policy";
import { type Accept, reportEach } from "../engine/reporting";
import { acceptedBy } from "./accept";
import type { Waivers } from "./file";
import { waiversValid } from "./rules";

/** How the pack accepts findings, and the policy that reports what is wrong with the waivers. */
export interface PackWaivers {
  readonly accept: Accept;
  readonly policy: StackValidationPolicy;
}

/** The waivers of a stack, read once it is known which one is judged. */
export function packWaivers(read: (urn: string) => Waivers): PackWaivers {
  const known = new Map<string, Waivers>();
  const of = (urn: string | undefined): Waivers => {
    const stack = urn?.split("::", 2).join("::") ?? "";
    const waivers = known.get(stack) ?? read(urn ?? "");
    known.set(stack, waivers);
    return waivers;
  };
  const { id, description, enforcementLevel, severity, remedy } = waiversValid;
  return {
    accept: ({ id: rule }, subject, findings, urn) => (findings.length === 0 ? [] : acceptedBy(of(urn).waivers, rule, subject, findings)),
    policy: {
      name: id,
      description,
      enforcementLevel,
      severity,
      remediationSteps: remedy,
      validateStack({ resources }, report) {
        const { path = "", faults } = of(resources[0]?.urn);
        const findings = faults.map(({ line, key, found, allowed }) => ({ at: `${path}:${String(line)}: ${key}`, found, allowed }));
        reportEach(report, waiversValid, findings, []);
      },
    },
  };
}
