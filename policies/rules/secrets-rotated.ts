import { DEMANDED_AGES } from "../../components/config/demanded";
import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { demandLimits } from "../readers/alertRules";

const bound = (what: string, days: number) => ({
  description: `the most days that ${what} may be old before an alert`,
  default: days,
  minimum: 1,
  maximum: days,
});

const THRESHOLDS = {
  passwordDays: bound("a password which was created on a host", DEMANDED_AGES.passwordDays),
  keyDays: bound("a key which is escrowed", DEMANDED_AGES.keyDays),
  broughtDays: bound("a secret which was brought", DEMANDED_AGES.broughtDays),
};

const DAY_SECONDS = 86_400;
const KINDS = { passwordDays: "password", keyDays: "key", broughtDays: "brought" } as const;
// What is left out: the backups' password, and what programs of the host alone log in to its databases by.
const LEFT_OUT = "backup(?:\\|[a-z][a-z0-9-]{0,62}-(?:postgres|redis|metrics))*";

/** The whole condition, in which the number of one kind is a group. */
function condition(wanted: keyof typeof KINDS): RegExp {
  const parts = (["passwordDays", "keyDays", "broughtDays"] as const).map((name) => {
    const number = name === wanted ? "(\\d{1,9})" : "\\d{1,9}";
    return `\\(time\\(\\) - phiward_secret_made_timestamp_seconds\\{kind="${KINDS[name]}",secret!~?"${LEFT_OUT}"\\} > ${number}\\)`;
  });
  return new RegExp(`^${parts.join(" or ")}$`);
}

/** Whoever once knew a secret, such as who left, or who has an old copy, knows it until it is another one. */
export const secretsRotated: Rule = {
  id: "secrets-rotated",
  description: "An alert tells of each password that is older than a quarter, and of each key and secret that was brought after a year.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["SEC-05"],
  remedy: "set monitoring.rotation.passwordDays, keyDays and broughtDays in the stack's configuration to fewer days",
  appliesTo: ["phiward:host:Monitor"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const settings = unit.at("settings").at("thresholds").at("rotation");
    const limits = (["passwordDays", "keyDays", "broughtDays"] as const).map((name) => ({
      alert: "SECRET_OVERDUE",
      setting: settings.at(name),
      condition: condition(name),
      each: DAY_SECONDS,
      bound: "most" as const,
      number: thresholdOf(THRESHOLDS, name, configured),
      unit: "days",
    }));
    demandLimits(unit, limits, report);
  },
};
