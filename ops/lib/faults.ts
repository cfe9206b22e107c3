/** The faults of a record as people count them: one for each line that somebody must change, however many hosts and files have it. */
import type { Finding, RuleFacts } from "../../policies/engine/rule";
import type { SourceLine } from "../../policies/program/registration";
import { counted } from "./counted";
import type { Acceptance, Place, PolicyRecord, Result } from "./record";
import { oneLine } from "./terminal";

/** One fault, all texts of it printable and of one line. */
export interface Fault {
  readonly rule: RuleFacts;
  /** Who accepted it, where somebody did. */
  readonly waiver?: Acceptance;
  /** The line to change: of the stack's file, else of the program. */
  readonly line?: SourceLine;
  /** The key that is set there, or that would set it. */
  readonly key?: string;
  /** What is said, first the one that is nearest to what people write. */
  readonly findings: readonly [Finding, ...Finding[]];
  /** Names of what has it, each once. */
  readonly wheres: readonly string[];
  /** Whether it stops the deploy, or is only reported. */
  readonly result: Result;
}

/** How many places or findings a text names before it counts them. */
const SHOWN = 3;

const SEVERITIES = ["critical", "high", "medium", "low"] as const;

/** The faults, by file, the file with the worst one first, and in each the worst first; those without a line come last. */
export function faultsOf({ results }: Pick<PolicyRecord, "results">): readonly Fault[] {
  const said = results.flatMap((result) =>
    result.outcome === "fail" || result.outcome === "waived" ? result.places.map((place): Said => ({ result, place })) : [],
  );
  const faults = [...Map.groupBy(said, identity).values()].flatMap((same) => faultOf(same)).sort(byGravity);
  const files = [...new Set(faults.map(({ line }) => line?.file))];
  const rank = (fault: Fault): number => (fault.line === undefined ? files.length : files.indexOf(fault.line.file));
  return faults.sort((one, other) => rank(one) - rank(other));
}

interface Said {
  readonly result: Extract<Result, { readonly finding: Finding }>;
  readonly place: Place;
}

// What a setting decides is one fault; what no setting does, is one where the same line of the program has it.
function identity({ result, place: { setting, unset, source } }: Said): string {
  const { rule, outcome, finding } = result;
  const where = setting ?? unset ?? [source ?? null, finding];
  return JSON.stringify([rule.id, outcome, where, outcome === "waived" ? result.waiver : null]);
}

function faultOf(same: readonly Said[]): readonly Fault[] {
  const [first] = same;
  if (first === undefined) return [];
  const { result, place } = first;
  const line = place.setting ?? place.source;
  const key = place.setting?.key ?? place.unset;
  const findings = [...new Map(same.map(({ result: { finding } }) => [JSON.stringify(finding), shown(finding)])).values()];
  return [
    {
      rule: result.rule,
      result,
      findings: [shown(result.finding), ...findings.slice(1)],
      wheres: [...new Set(same.map((one) => oneLine(one.place.where)))],
      ...(result.outcome === "waived" ? { waiver: printed(result.waiver) } : {}),
      ...(line === undefined ? {} : { line: { file: oneLine(line.file), line: line.line } }),
      ...(key === undefined ? {} : { key: oneLine(key) }),
    },
  ];
}

function shown({ at, found, allowed, ...others }: Finding): Finding {
  return { ...others, at: oneLine(at), found: oneLine(found), allowed: oneLine(allowed) };
}

function printed({ reason, owner, approver, ticket, expires }: Acceptance): Acceptance {
  return {
    reason: oneLine(reason),
    owner: oneLine(owner),
    approver: oneLine(approver),
    ticket: oneLine(ticket),
    expires: oneLine(expires),
  };
}

// What is accepted comes after all that is not.
function byGravity(one: Fault, other: Fault): number {
  return (
    Number(one.waiver !== undefined) - Number(other.waiver !== undefined) ||
    Number(one.rule.enforcementLevel === "advisory") - Number(other.rule.enforcementLevel === "advisory") ||
    SEVERITIES.indexOf(one.rule.severity) - SEVERITIES.indexOf(other.rule.severity) ||
    (one.line?.line ?? 0) - (other.line?.line ?? 0) ||
    compared(one.rule.id, other.rule.id)
  );
}

function compared(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** `FILE:LINE`, as terminals and editors open it. */
export function lineText({ file, line }: SourceLine): string {
  return `${file}:${String(line)}`;
}

/** What was found, and what is allowed, each once; what a setting says is not said again of the files that are rendered of it. */
export function foundTexts([first, ...others]: Fault["findings"]): readonly string[] {
  const told = [first, ...others.filter(({ at }) => !first.at.includes("settings.") || !/(^|\.)files\./.test(at))];
  const texts = [...new Set(told.map(({ found, allowed }) => `found ${found}, allowed: ${allowed}`))];
  return texts.length > SHOWN ? [...texts.slice(0, SHOWN), `and ${String(texts.length - SHOWN)} more`] : texts;
}

/** The first few of a list, and how many more there are. */
export function shortList(texts: readonly string[]): string {
  const more = texts.length - SHOWN;
  return more > 0 ? `${texts.slice(0, SHOWN).join(", ")}, ${String(more)} more` : texts.join(", ");
}

/** How many faults of each kind there are, and how many rules found none, as a line. */
export function inAll(record: PolicyRecord): string {
  const faults = faultsOf(record);
  const waived = faults.filter(({ waiver }) => waiver !== undefined).length;
  const mandatory = faults.filter(({ waiver, rule }) => waiver === undefined && rule.enforcementLevel === "mandatory").length;
  const outcomes = Map.groupBy(record.results, ({ rule }) => rule.id);
  const only = (outcome: Result["outcome"]): number =>
    [...outcomes.values()].filter((all) => all.every((one) => one.outcome === outcome)).length;
  const unknown = new Set(record.results.flatMap(({ rule, outcome }) => (outcome === "unknown" ? [rule.id] : []))).size;
  return [
    `${counted(mandatory, "violation")}, ${counted(faults.length - waived - mandatory, "advisory", "advisories")}`,
    ...(waived === 0 ? [] : [`${String(waived)} waived`]),
    `${counted(only("pass"), "rule")} passed`,
    ...(unknown === 0 ? [] : [`${counted(unknown, "rule")} met unknown values`]),
    ...(only("not-applicable") === 0 ? [] : [`${counted(only("not-applicable"), "rule")} had nothing to judge`]),
  ].join("; ");
}
