/** The sentences of an evidence report. */

import { counted } from "../counted";
import type { ControlRecord, Evidence, Origin, PlaceRecord } from "./evidence";
import type { Accepted } from "./inputs";
import { type CheckSaid, type RuleSaid, STATES, type State } from "./states";

/** A moment as people read it, e.g. `2026-11-26 03:10 UTC`. */
export function moment(date: string): string {
  return `${new Date(date).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** When a record was made, and how old it was, e.g. `2026-11-26 03:10 UTC, 12 days before this report`. */
export function when({ date, ageDays = 0, outdated }: Origin): string {
  if (date === undefined) return "on an unknown date";
  const age = ageDays === 0 ? "" : `, ${counted(ageDays, "day")} before this report`;
  return `${moment(date)}${age}${outdated ? ": too old to count" : ""}`;
}

/** What the report says of a control, a sentence for each place and method; never nothing. */
export function sentences(record: ControlRecord, { policy, verify }: Pick<Evidence, "policy" | "verify">): readonly string[] {
  const said = [
    ...record.places.flatMap((place) => [...ruleSentences(place, policy), ...checkSentences(place, verify)]),
    ...(record.refrained === undefined ? [] : [`waived by the catalogue: ${record.refrained}`]),
    ...idleSentences(record.idle),
  ];
  return said.length > 0 ? said : ["not covered: no rule judges it and no check of the stack's hosts is filed under it"];
}

function ruleSentences({ place, rules }: PlaceRecord, policy: Origin): readonly string[] {
  const passed = rules.filter(({ outcome }) => outcome === "pass").map(({ rule }) => rule);
  return [
    ...rules.flatMap((said) => ruleSentence(said, place)),
    ...(passed.length === 0 ? [] : [`judged before deploy on ${place}, ${when(policy)}, and nothing found, by ${list(passed)}`]),
  ];
}

function ruleSentence({ rule, outcome, mandatory, at = "", remedy = "", waiver }: RuleSaid, place: string): readonly string[] {
  const fault = `${rule} on ${place}, at ${at}`;
  switch (outcome) {
    case "fail": {
      const over = waiver === undefined ? "" : `; its waiver ended on ${waiver.expires}`;
      return [`${mandatory ? "refused before deploy" : "advice not followed"}: ${fault}; ${remedy}${over}`];
    }
    case "waived":
      return [`${waivedText(waiver)}: ${fault}`];
    case "unknown":
      return [`unknown before deploy: ${fault}`];
    case "pass":
    case "not-applicable":
    case "not-evaluated":
      return [];
  }
}

function checkSentences({ place, checks }: PlaceRecord, verify: Origin): readonly string[] {
  const of = (status: CheckSaid["status"]): readonly CheckSaid[] => checks.filter((said) => said.status === status);
  const ids = (said: readonly CheckSaid[]): string => list(said.map(({ check }) => check));
  const passed = of("pass");
  const failed = of("fail");
  return [
    ...(failed.length === 0 ? [] : [`failed on ${place}, ${when(verify)}: ${ids(failed)}`]),
    ...byReason(of("not-verified")).map(([reason, said]) => `not verified on ${place}: ${reason}: ${ids(said)}`),
    ...of("waived").map(({ check, waiver }) => `${waivedText(waiver)} on ${place}: ${check}`),
    ...byReason(of("skipped")).map(([reason, said]) => `skipped on ${place}, ${when(verify)}: ${reason}: ${ids(said)}`),
    ...(passed.length === 0 ? [] : [`${verify.outdated ? "last verified" : "verified"} on ${place}, ${when(verify)}: ${ids(passed)}`]),
  ];
}

function byReason(said: readonly CheckSaid[]): readonly (readonly [string, readonly CheckSaid[]])[] {
  return [...Map.groupBy(said, ({ reason = "" }) => reason)];
}

function idleSentences(idle: readonly RuleSaid[]): readonly string[] {
  const of = (wanted: RuleSaid["outcome"]): readonly string[] => idle.filter(({ outcome }) => outcome === wanted).map(({ rule }) => rule);
  const nothing = of("not-applicable");
  const missing = of("not-evaluated");
  return [
    ...(nothing.length === 0 ? [] : [`the stack has nothing to judge for ${list(nothing)}`]),
    ...(missing.length === 0 ? [] : [`not evaluated: the policies' record says nothing of ${list(missing)}`]),
  ];
}

function waivedText(waiver: Accepted | undefined): string {
  if (waiver === undefined) return "waived";
  const { expires, owner, approver, reason } = waiver;
  return `waived until ${expires} by ${approver} for ${owner} (${reason})`;
}

/** How many of each state there are, the most urgent first, e.g. `1 failed on a host, 4 verified`. */
export function tally(states: readonly State[]): string {
  // Object.keys is typed as plain strings; these are the keys of a constant.
  const all = Object.keys(STATES) as readonly State[];
  const counts = all.map((state) => [states.filter((one) => one === state).length, STATES[state]] as const);
  return list(counts.filter(([count]) => count > 0).map(([count, words]) => `${String(count)} ${words}`)) || "none";
}

function list(texts: readonly string[]): string {
  return [...new Set(texts)].join(", ");
}
