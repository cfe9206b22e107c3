/** What each record says, sorted by control and place. */
import type { RuleFacts } from "../../../policies/engine/rule";
import type { KnownCheck } from "../../../policies/waivers/rules";
import { oneLine } from "../terminal";
import type { Accepted, PolicyInput, VerifyInput } from "./inputs";
import type { CheckSaid, RuleSaid } from "./states";

/** The place of what belongs to no host; no host is called so, since no name has a space. */
export const STACK = "whole stack";

/** Of a control, by place; under `undefined` what is said of no place at all. */
type ByPlace<Said, Place> = (control: string) => ReadonlyMap<Place, readonly Said[]>;

/**
 * What the rules said of each control. A resource belongs to the host whose name its own begins with, as those of a host do, and else
 * to the whole stack. Rules of the pack that the record does not have were not evaluated.
 */
export function rulesSaid(
  { results }: PolicyInput,
  rules: readonly RuleFacts[],
  hosts: readonly string[],
  now: Date,
): ByPlace<RuleSaid, string | undefined> {
  const said = results.flatMap((result) => {
    const places = result.places.length === 0 ? [undefined] : [...new Set(result.places.map(({ where }) => hostOf(where, hosts)))];
    return places.map((place) => ({ place, controls: result.rule.controls, said: ruleSaid(result, now) }));
  });
  const known = new Set(results.map(({ rule }) => rule.id));
  const missing = rules
    .filter(({ id }) => !known.has(id))
    .map(({ id, controls, enforcementLevel }) => ({
      place: undefined,
      controls,
      said: { rule: id, outcome: "not-evaluated" as const, mandatory: enforcementLevel === "mandatory" },
    }));
  return byControl([...said, ...missing].flatMap(({ controls, ...entry }) => controls.map((control) => ({ control, ...entry }))));
}

/** What the hosts answered to what they are asked about each control. */
export function checksSaid(asked: readonly KnownCheck[], record: VerifyInput, now: Date): ByPlace<CheckSaid, string> {
  const answers = Map.groupBy(
    record.hosts.flatMap(({ host, results }) => results.map((result) => ({ host, ...result }))),
    ({ host, id }) => `${host} ${id}`,
  );
  const unanswered = new Set(record.unanswered.map(({ host }) => host));
  const all = asked.map(({ host, id, control }) => ({
    place: host,
    control,
    said: checkSaid(id, answers.get(`${host} ${id}`) ?? [], unanswered.has(host), now),
  }));
  return byControl(all);
}

function byControl<Said, Place>(
  all: readonly { readonly control: string; readonly place: Place; readonly said: Said }[],
): ByPlace<Said, Place> {
  const grouped = Map.groupBy(all, ({ control }) => control);
  return (control) => {
    const places = Map.groupBy(grouped.get(control) ?? [], ({ place }) => place);
    return new Map([...places].map(([place, entries]) => [place, entries.map(({ said }) => said)]));
  };
}

function ruleSaid(result: PolicyInput["results"][number], now: Date): RuleSaid {
  const { rule, outcome } = result;
  const about = { rule: rule.id, mandatory: rule.enforcementLevel === "mandatory" };
  const fault = { remedy: rule.remedy };
  switch (outcome) {
    case "fail":
      return { ...about, ...fault, outcome, at: result.finding.at };
    case "waived":
      return { ...about, ...fault, outcome: isOver(result.waiver, now) ? "fail" : outcome, at: result.finding.at, waiver: result.waiver };
    case "unknown":
      return { ...about, outcome, at: result.at };
    case "pass":
    case "not-applicable":
      return { ...about, outcome };
  }
}

type Answer = VerifyInput["hosts"][number]["results"][number];

// Where a host answered more than once, the answer counts that says least for it.
function checkSaid(check: string, answers: readonly Answer[], unanswered: boolean, now: Date): CheckSaid {
  const failed = answers.filter(({ status }) => status === "fail");
  const answer =
    failed.find(({ waiver }) => waiver === undefined || isOver(waiver, now)) ??
    failed[0] ??
    answers.find(({ status }) => status === "skipped") ??
    answers[0];
  if (answer === undefined) return { check, status: "not-verified", reason: unanswered ? NO_ANSWER : NOT_ASKED };
  const { status, reason = "no reason was given", waiver } = answer;
  if (status === "fail" && waiver !== undefined) return { check, status: isOver(waiver, now) ? "fail" : "waived", waiver };
  return status === "skipped" ? { check, status, reason: brief(reason) } : { check, status };
}

const NO_ANSWER = "the host did not answer";
const NOT_ASKED = "the record has no answer to it";

// A sentence of the host's.
function brief(text: string): string {
  const line = oneLine(text);
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

// The last day counts whole, in UTC.
function isOver({ expires }: Accepted, now: Date): boolean {
  return expires < now.toISOString().slice(0, 10);
}

function hostOf(where: string, hosts: readonly string[]): string {
  const fitting = hosts.filter((host) => where === host || where.startsWith(`${host}/`) || where.startsWith(`${host}-`));
  return fitting.toSorted((one, other) => other.length - one.length)[0] ?? STACK;
}
