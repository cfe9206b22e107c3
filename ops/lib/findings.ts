/** What the policies found, as `phiward policy` shows it. */

import type { RuleFacts } from "../../policies/engine/rule";
import type { SourceLine } from "../../policies/program/registration";

/** What a rule has to say of a unit of a host. */
export interface GateFinding {
  /** `host/unit`, or the name of a resource of the program, or the stack. */
  readonly where: string;
  /** Type of the resource, and the line of the program that made it. */
  readonly type?: string;
  readonly source?: SourceLine;
  readonly rule: RuleFacts;
  readonly level: "advisory" | "mandatory";
  readonly message: string;
  /** Path of a value that nobody can know before the deploy. */
  readonly unknown?: string;
}

/** Whether the deploy would be stopped. */
export function isRefused({ findings }: { readonly findings: readonly GateFinding[] }): boolean {
  return findings.some(({ level }) => level === "mandatory");
}

/** The findings with their place, rule, severity and sentence, without those about what is unknown. */
export function findingLines(findings: readonly GateFinding[]): readonly string[] {
  return findings
    .filter(({ unknown }) => unknown === undefined)
    .map((finding) => `${place(finding)}  ${finding.rule.id}  ${finding.rule.severity}  ${finding.level}\n  ${finding.message}\n`);
}

function place({ where, type, source }: GateFinding): string {
  const made = source === undefined ? "" : `, ${source.file}:${String(source.line)}`;
  return type === undefined ? where : `${where} (${type}${made})`;
}

/** How many there are of each level. */
export function inAll(findings: readonly GateFinding[]): string {
  const count = (level: GateFinding["level"]): number => findings.filter((finding) => finding.level === level).length;
  return `${counted(count("mandatory"), "violation")}, ${counted(count("advisory"), "advisory", "advisories")}`;
}

/** A number and what it counts. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}
