/** What each rule says of each spoilt stack, in lines that stay the same as long as the rule does. */
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import type { Verdict } from "../../policies/engine/judge";
import { type Finding, type RuleFacts, support } from "../../policies/engine/rule";
import type { ReviewedComponent } from "../../policies/engine/subject";
import { verdictOn } from "./examples";
import { goodUnit, goodUnits, hostUnits, putAt, valueAt } from "./fixtures";
import { STACK_REFUSED } from "./spoilt/cloudStack";
import { HOSTS_REFUSED } from "./spoilt/hosts";
import type { Refused } from "./spoilt/spoil";
import { REFUSED } from "./violations";

interface Kind {
  readonly rules: readonly RuleFacts[];
  readonly rows: readonly Refused[];
  /** What is judged together with the unit that a row spoils. */
  readonly beside: (unit: string) => readonly ReviewedComponent[];
}

const KINDS: readonly Kind[] = [
  { rules: RULES, rows: REFUSED, beside: (unit) => [goodUnit(unit)] },
  { rules: HOST_RULES, rows: HOSTS_REFUSED, beside: hostUnits },
  { rules: STACK_RULES, rows: STACK_REFUSED, beside: goodUnits },
];

/** The rules that have spoilt stacks, with those. */
export const RULES_WITH_ROWS = KINDS.flatMap(({ rules, rows, beside }) =>
  rules.map((rule) => ({ rule, id: rule.id, beside, rows: rows.filter((row) => row.rule === rule.id) })),
).filter(({ rows }) => rows.length > 0);

/** What a rule says of these units with one of them spoilt. */
export function saidOf(rule: RuleFacts, { unit: name, path, spoil }: Refused, units: readonly ReviewedComponent[]): string {
  const unit = units.find((entry) => entry.unit === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  putAt(unit.args, path, spoil(valueAt(unit.args, path)));
  return linesOf(verdictOn(rule, { units }));
}

/** A verdict, a line for each finding. */
export function linesOf({ violations, unknown }: Verdict): string {
  return [...violations.map(lineOf), ...unknown.map((at) => `${at}: not known`)].map((line) => `  ${stable(line)}`).join("\n");
}

/** A finding without what is the rule's own. */
function lineOf({ at, found, allowed, remedy, controls }: Finding): string {
  const own = [...(remedy === undefined ? [] : [remedy]), ...(controls === undefined ? [] : [support({ controls })])];
  return [`${at}: found ${found}, allowed: ${allowed}`, ...own].join("; ");
}

/** A line without what another file of the plan, or another version of the host programs, would change. */
function stable(line: string): string {
  return line.replace(/\bfiles\.\d+(?=[.: ])/, "files.N").replace(/\b[0-9a-f]{64}\b/g, "<SHA-256>");
}
