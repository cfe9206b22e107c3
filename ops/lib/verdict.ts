/** What the policies say of a whole program: of all that it would make, with the line that makes it. */
import { join } from "node:path";
import { ALL_RULES } from "../../policies/all";
import type { Judgement } from "../../policies/engine/judge";
import type { RuleFacts } from "../../policies/engine/rule";
import type { NamedRegistration } from "../../policies/program/main";
import { policyConfig } from "./policyConfig";
import { judgeProgram, ownProgram, programIn } from "./program";
import { withSettings } from "./provenance/settings";
import { type Judged, type Place, type PolicyRecord, resultsOf } from "./record";
import { programConfig, readStack } from "./stack";
import { stackWaivers, withWaivers } from "./waivers";

/** A stack, its file, and the directory of the program's project; without it phiward's own program is judged. */
export interface ProgramOfStack {
  readonly stack: string;
  readonly file: string;
  readonly program?: string | undefined;
  /** The day, in UTC, that waivers are judged on, as YYYY-MM-DD. */
  readonly today: string;
}

const BY_ID: ReadonlyMap<string, RuleFacts> = new Map(ALL_RULES.map((rule): [string, RuleFacts] => [rule.id, rule]));

/** Runs the program and judges it. Throws OperatorError where the configuration has a fault or the program does not run. */
export function judgedProgram({ stack, file, program, today }: ProgramOfStack): PolicyRecord {
  const named = { stack, cwd: program, judging: true };
  const place = program === undefined ? ownProgram() : programIn(program);
  // Its faults are told with the name of the file, which the program does not know.
  const config = place.project === ownProgram().project ? readStack(file, named) : undefined;
  const { resources, functions, judgements } = judgeProgram({
    ...place,
    stack,
    configured: policyConfig(file),
    ...programConfig(file, named),
  });
  const byUrn = new Map(resources.map((resource) => [resource.urn, within(program ?? "", resource)]));
  const said = judgements.map((judgement) => judged(judgement, byUrn));
  const record = {
    stack,
    judged: { resource: resources.length },
    rules: ALL_RULES.length,
    functions,
    results: resultsOf(ALL_RULES, withWaivers(said, stackWaivers(file, today, config), true)),
  };
  return config === undefined ? record : withSettings(record, { file, config });
}

function judged({ rule, urn, host, violations, unknown }: Judgement, byUrn: ReadonlyMap<string, NamedRegistration>): Judged {
  const facts = BY_ID.get(rule);
  if (facts === undefined) throw new Error(`rule ${rule}: found a judgement of it, and no such rule`);
  const resource = urn === undefined ? undefined : byUrn.get(urn);
  return { rule: facts, place: resource === undefined ? { where: host ?? "stack" } : placeOf(resource), violations, unknown };
}

// The program names its files from its own directory.
function within(directory: string, resource: NamedRegistration): NamedRegistration {
  const { source } = resource;
  return source === undefined ? resource : { ...resource, source: { ...source, file: join(directory, source.file) } };
}

function placeOf({ name, type, source }: NamedRegistration): Place {
  return { where: name, type, ...(source === undefined ? {} : { source }) };
}
