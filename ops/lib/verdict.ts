/** What the policies say of a whole program: of all that it would make, with the line that makes it. */
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import type { Judgement } from "../../policies/engine/judge";
import type { RuleFacts } from "../../policies/engine/rule";
import type { NamedRegistration } from "../../policies/program/main";
import { judgeProgram, ownProgram, programIn } from "./program";
import { type Judged, type Place, type PolicyRecord, resultsOf } from "./record";
import { programConfig, readStack } from "./stack";

/** A stack, its file, and the directory of the program's project; without it phiward's own program is judged. */
export interface ProgramOfStack {
  readonly stack: string;
  readonly file: string;
  readonly program?: string | undefined;
}

const ALL: readonly RuleFacts[] = [...RULES, ...HOST_RULES, ...STACK_RULES];
const BY_ID: ReadonlyMap<string, RuleFacts> = new Map(ALL.map((rule): [string, RuleFacts] => [rule.id, rule]));

/** Runs the program and judges it. Throws OperatorError where the configuration has a fault or the program does not run. */
export function judgedProgram({ stack, file, program }: ProgramOfStack): PolicyRecord {
  const named = { stack, cwd: program, judging: true };
  const place = program === undefined ? ownProgram() : programIn(program);
  // Its faults are told with the name of the file, which the program does not know.
  if (place.project === ownProgram().project) readStack(file, named);
  const { resources, functions, judgements } = judgeProgram({ ...place, stack, ...programConfig(file, named) });
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return {
    stack,
    judged: { resource: resources.length },
    rules: ALL.length,
    functions,
    results: resultsOf(
      ALL,
      judgements.map((judgement) => judged(judgement, byUrn)),
    ),
  };
}

function judged({ rule, urn, host, violations, unknown }: Judgement, byUrn: ReadonlyMap<string, NamedRegistration>): Judged {
  const facts = BY_ID.get(rule);
  if (facts === undefined) throw new Error(`rule ${rule}: found a judgement of it, and no such rule`);
  const resource = urn === undefined ? undefined : byUrn.get(urn);
  return { rule: facts, place: resource === undefined ? { where: host ?? "stack" } : placeOf(resource), violations, unknown };
}

function placeOf({ name, type, source }: NamedRegistration): Place {
  return { where: name, type, ...(source === undefined ? {} : { source }) };
}
