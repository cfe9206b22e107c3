/** What the policies say of a whole program: of all that it would make, with the line that makes it. */
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import type { Diagnostic } from "../../policies/engine/analyze";
import type { RuleFacts } from "../../policies/engine/rule";
import type { NamedRegistration } from "../../policies/program/main";
import { counted, findingLines, type GateFinding, inAll } from "./findings";
import { judgeProgram, ownProgram, programIn } from "./program";
import { programConfig, readStack } from "./stack";

/** A stack, its file, and the directory of the program's project; without it phiward's own program is judged. */
export interface ProgramOfStack {
  readonly stack: string;
  readonly file: string;
  readonly program?: string | undefined;
}

/** Everything the policies say of a program. */
export interface ProgramResult {
  readonly resources: number;
  readonly rules: number;
  /** Functions of providers that it calls: their answers are unknown here. */
  readonly functions: readonly string[];
  readonly findings: readonly GateFinding[];
}

const BY_ID: ReadonlyMap<string, RuleFacts> = new Map(
  [...RULES, ...HOST_RULES, ...STACK_RULES].map((rule): [string, RuleFacts] => [rule.id, rule]),
);

/** Runs the program and judges it. Throws OperatorError where the configuration has a fault or the program does not run. */
export function judgedProgram({ stack, file, program }: ProgramOfStack): ProgramResult {
  const named = { stack, cwd: program, judging: true };
  const place = program === undefined ? ownProgram() : programIn(program);
  // Its faults are told with the name of the file, which the program does not know.
  if (place.project === ownProgram().project) readStack(file, named);
  const { resources, functions, diagnostics } = judgeProgram({ ...place, stack, ...programConfig(file, named) });
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return {
    resources: resources.length,
    rules: BY_ID.size,
    functions,
    findings: diagnostics.map((diagnostic) => finding(diagnostic, byUrn.get(diagnostic.urn))),
  };
}

function finding({ policy, level, message }: Diagnostic, resource: NamedRegistration | undefined): GateFinding {
  const place = resource === undefined ? { where: "stack" } : placeOf(resource);
  const rule = BY_ID.get(policy);
  if (rule !== undefined) return { ...place, rule, level, message };
  // The companions name the rule themselves, and begin with the path.
  const [path = "", id = ""] = /^(.*?): not known before the deploy, so (\S+) has not judged it/.exec(message)?.slice(1) ?? [];
  const judging = BY_ID.get(id);
  if (judging === undefined) throw new Error(`policy ${policy}: found no rule that it speaks of`);
  return { ...place, rule: judging, level, message, unknown: path };
}

function placeOf({ name, type, source }: NamedRegistration): Pick<GateFinding, "where" | "type" | "source"> {
  return { where: name, type, ...(source === undefined ? {} : { source }) };
}

/** The findings, what is unknown, and a line that sums up. */
export function programReport(stack: string, { resources, rules, functions, findings }: ProgramResult): string {
  const asked = `${counted(rules, "rule")}, ${counted(resources, "resource")}`;
  return [
    ...findingLines(findings),
    ...unknownLines(findings),
    ...functions.map((token) => `${token}: a provider's function; its answer is unknown until deployment\n`),
    `${stack}: ${asked}: ${inAll(findings)}`,
    "",
  ].join("\n");
}

// The same is unknown in many resources, as the address of a host that is to come: it is listed once.
function unknownLines(findings: readonly GateFinding[]): readonly string[] {
  const places = Map.groupBy(
    findings.filter(({ unknown }) => unknown !== undefined),
    ({ unknown }) => unknown,
  );
  return [...places].map(([path, found]) => {
    const names = [...new Set(found.map(({ where }) => where))];
    const shown = names.length > 3 ? [...names.slice(0, 3), `${String(names.length - 3)} more`] : names;
    return `${String(path)}: unknown until deployment; not evaluated (${shown.join(", ")})\n`;
  });
}
