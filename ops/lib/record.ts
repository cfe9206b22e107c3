/** What the policies say of a stack: the record that every report is made of. */
import type { Finding, RuleFacts } from "../../policies/engine/rule";
import type { SourceLine } from "../../policies/program/registration";

/** What a rule was asked of. */
export interface Place {
  /** `host/unit`, or the name of a resource or of a host, or `stack`. */
  readonly where: string;
  /** Type of the resource, and the line of the program that made it. */
  readonly type?: string;
  readonly source?: SourceLine;
  /** Where the stack's file sets what the fault is about: the key, e.g. `bans.maxRetry`, and its line. */
  readonly setting?: SourceLine & { readonly key: string };
  /** The key that would set it, where the stack's file leaves it to a default. */
  readonly unset?: string;
}

/** What one rule says of one place. */
export interface Judged {
  readonly rule: RuleFacts;
  readonly place: Place;
  readonly violations: readonly Finding[];
  /** Paths of values that nobody knows before the deploy. */
  readonly unknown: readonly string[];
  /** What would be a violation, and is accepted. */
  readonly waived?: readonly Waived[];
}

/** A finding that is accepted, and by whom. */
export interface Waived {
  readonly finding: Finding;
  readonly waiver: Acceptance;
}

/** Why a fault is accepted, by whom, and until when. */
export interface Acceptance {
  readonly reason: string;
  readonly owner: string;
  readonly approver: string;
  readonly ticket: string;
  /** The last day, as YYYY-MM-DD. */
  readonly expires: string;
}

/** One thing that a rule says, and every place that it says it of. */
export type Result = { readonly rule: RuleFacts; readonly places: readonly Place[] } & (
  | { readonly outcome: "fail"; readonly finding: Finding }
  /** A fault that is accepted for a time: it stops nothing, and stays in every report. */
  | { readonly outcome: "waived"; readonly finding: Finding; readonly waiver: Acceptance }
  /** `at` is the path of a value that nobody knows before the deploy. */
  | { readonly outcome: "unknown"; readonly at: string }
  /** The places are those in which it found nothing, and knew all values. */
  | { readonly outcome: "pass" }
  /** The stack has nothing that it judges. */
  | { readonly outcome: "not-applicable" }
);

/** Everything that the policies say of a stack. */
export interface PolicyRecord {
  readonly stack: string;
  /** When the command had judged it: ISO 8601, in UTC. Nothing else of the record depends on the clock. */
  readonly date?: string;
  /** How many of each were judged, by name: hosts and units of a configuration, or resources of a program. */
  readonly judged: Readonly<Record<string, number>>;
  readonly rules: number;
  /** Functions of providers that the program calls: their answers are unknown here. */
  readonly functions: readonly string[];
  /** In the order of the rules. */
  readonly results: readonly Result[];
}

/** What every rule says: each fault once, however many places have it. */
export function resultsOf(rules: readonly RuleFacts[], judged: readonly Judged[]): readonly Result[] {
  const byRule = Map.groupBy(judged, ({ rule }) => rule.id);
  return rules.flatMap((rule) => resultsOfRule(rule, byRule.get(rule.id) ?? []));
}

function resultsOfRule(rule: RuleFacts, judged: readonly Judged[]): readonly Result[] {
  if (judged.length === 0) return [{ rule, outcome: "not-applicable", places: [] }];
  const failed = placesBy(judged, ({ violations }) => violations);
  const unknown = placesBy(judged, (one) => one.unknown);
  const waived = placesBy(judged, (one) => one.waived ?? []);
  const passed = judged.filter(hasPassed).map(({ place }) => place);
  return [
    ...failed.map(([finding, places]): Result => ({ rule, outcome: "fail", finding, places })),
    ...waived.map(([{ finding, waiver }, places]): Result => ({ rule, outcome: "waived", finding, waiver, places })),
    ...unknown.map(([at, places]): Result => ({ rule, outcome: "unknown", at, places })),
    ...(passed.length === 0 ? [] : [{ rule, outcome: "pass", places: passed } as const]),
  ];
}

function hasPassed({ violations, unknown, waived = [] }: Judged): boolean {
  return violations.length + unknown.length + waived.length === 0;
}

function placesBy<Said>(judged: readonly Judged[], said: (one: Judged) => readonly Said[]): readonly (readonly [Said, readonly Place[]])[] {
  const all = judged.flatMap((one) => said(one).map((what) => ({ what, place: one.place })));
  const grouped = Map.groupBy(all, ({ what }) => JSON.stringify(what));
  return [...grouped.values()].flatMap((same) => (same[0] === undefined ? [] : [[same[0].what, same.map(({ place }) => place)] as const]));
}

/** Whether a result stops the deploy. */
export function stopsDeploy({ outcome, rule }: Result): boolean {
  return outcome === "fail" && rule.enforcementLevel === "mandatory";
}

/** Whether the deploy would be stopped. */
export function isRefused({ results }: Pick<PolicyRecord, "results">): boolean {
  return results.some(stopsDeploy);
}
