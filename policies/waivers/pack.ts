/** The waivers of the stack that Pulumi's engine has the pack judge. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { StackValidationPolicy } from "@pulumi/policy";
import { parse } from "yaml";
import { member } from "../../components/config/unknown";
import { type Accept, reportEach } from "../engine/reporting";
import { acceptedBy } from "./accept";
import { NO_WAIVERS, type Waivers, type WaiverTerms } from "./file";
import { loadWaivers, waiversBeside } from "./load";
import { waiversValid } from "./rules";

/** Where the project of a stack may be: the engine does not say. */
export interface Surroundings {
  /** Directory that has the pack. */
  readonly pack: string;
  /** The pack's environment: `PHIWARD_PROJECT` names the project's directory; else `PWD`, where Pulumi was started, leads to it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The waivers of the stack that a URN is of, in the directory of a project of that name. None where there is no such directory; a
 * fault where the one that is named has another project.
 */
export function waiversOfUrn(urn: string, { pack, environment }: Surroundings, terms: WaiverTerms): Waivers {
  const [, stack, project] = /^urn:pulumi:([^:]+)::([^:]+)::/.exec(urn) ?? [];
  if (stack === undefined || project === undefined) return NO_WAIVERS;
  const { PHIWARD_PROJECT: named, PWD: started } = environment;
  const isNamed = named !== undefined && named !== "";
  const directories = isNamed ? [named] : [...(started === undefined ? [] : upwards(started)), dirname(pack)];
  for (const directory of directories) {
    const found = projectIn(directory);
    if (found?.name === project) return loadWaivers(waiversBeside(join(directory, found.stacks, `Pulumi.${stack}.yaml`)), terms);
  }
  if (!isNamed) return NO_WAIVERS;
  const fault = { line: 1, key: "waivers", found: "another directory in PHIWARD_PROJECT", allowed: "that of the project which is judged" };
  return { path: "PHIWARD_PROJECT", waivers: [], faults: [fault] };
}

function upwards(directory: string): readonly string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...upwards(above)];
}

function projectIn(directory: string): { readonly name: unknown; readonly stacks: string } | undefined {
  const file = join(directory, "Pulumi.yaml");
  if (!existsSync(file)) return undefined;
  try {
    const project: unknown = parse(readFileSync(file, "utf8"), { logLevel: "error" });
    const stacks = member(project, "stackConfigDir") ?? member(project, "config");
    return { name: member(project, "name"), stacks: typeof stacks === "string" ? stacks : "" };
  } catch {
    return undefined;
  }
}

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
