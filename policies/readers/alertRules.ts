/** The alerts that a vault's Prometheus raises, as a rule looks at them. */
import type { Finding } from "../engine/rule";
import { jsonFile } from "./files";
import type { Value } from "./value";

/** The file of the alerts. */
export const ALERT_RULES = "/etc/phiward/monitor/rules.yml";

// What is seen for two hours before it is said leaves two hours less: so long a look of the next day may take.
const HELD_MINUTES = 120;

/** One alert as it is written. */
interface WrittenAlert {
  readonly name: string;
  readonly rule: Value;
}

/** A number that a setting and the condition of an alert both have, and how far it may go. */
export interface AlertLimit {
  readonly alert: string;
  readonly setting: Value;
  /** The whole condition, with its number as a group. */
  readonly condition: RegExp;
  /** How many of the condition's units are one of the setting's. */
  readonly each: number;
  /** Which of the two the number is: the most or the least. */
  readonly bound: "most" | "least";
  readonly number: number;
  readonly unit: string;
}

/** The groups that the file has; undefined if they are not known. A missing file is reported. */
export function alertGroups(unit: Value, report: (finding: Finding) => void): readonly Value[] | undefined {
  return jsonFile(unit, ALERT_RULES, report)?.at("groups").items();
}

/** The alerts of all groups; undefined if one of them is not known, since none may then be called absent. */
export function writtenAlerts(groups: readonly Value[] | undefined): readonly WrittenAlert[] | undefined {
  const lists = groups?.map((group) => group.at("rules").items());
  if (lists?.every((rules) => rules !== undefined) !== true) return undefined;
  const named = lists.flat().map((rule) => ({ name: rule.at("alert").text(), rule }));
  return named.every((alert): alert is WrittenAlert => alert.name !== undefined) ? named : undefined;
}

/** Reports each number that goes further than it may, in the settings and in the alert, and alerts that are not there. */
export function demandLimits(unit: Value, limits: readonly AlertLimit[], report: (finding: Finding) => void): void {
  const alerts = writtenAlerts(alertGroups(unit, report));
  for (const limit of limits) {
    judgeNumber(limit, limit.setting.number(), limit.setting.path, report);
    const own = alerts?.filter(({ name }) => name === limit.alert);
    if (own?.length === 0) report({ at: ALERT_RULES, found: `no ${limit.alert}`, allowed: `the alert, with ${boundOf(limit)}` });
    for (const { rule } of own ?? []) judgeAlert(limit, rule, report);
  }
}

function judgeAlert(limit: AlertLimit, rule: Value, report: (finding: Finding) => void): void {
  const [condition, held] = [rule.at("expr"), rule.at("for")];
  const text = condition.text();
  const number = text === undefined ? undefined : limit.condition.exec(text)?.[1];
  if (text !== undefined && number === undefined)
    report({ at: condition.path, found: "another condition", allowed: `that of ${limit.alert}, with ${boundOf(limit)}` });
  if (number !== undefined) judgeNumber(limit, Number(number) / limit.each, condition.path, report);
  const time = held.text();
  const minutes = time === undefined ? undefined : /^(\d{1,6})m$/.exec(time)?.[1];
  if (time !== undefined && (minutes === undefined || Number(minutes) > HELD_MINUTES))
    report({ at: held.path, found: "another time before it is raised", allowed: `minutes, ${String(HELD_MINUTES)} at most` });
}

function judgeNumber(limit: AlertLimit, found: number | undefined, at: string, report: (finding: Finding) => void): void {
  if (found === undefined || (limit.bound === "most" ? found <= limit.number : found >= limit.number)) return;
  report({ at, found: `${String(found)} ${limit.unit}`, allowed: boundOf(limit) });
}

function boundOf({ number, unit, bound }: AlertLimit): string {
  return `${String(number)} ${unit} at ${bound}`;
}
