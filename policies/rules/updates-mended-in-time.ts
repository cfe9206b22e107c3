import { DEMANDED_ALERTS } from "../../components/config/demanded";
import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { demandLimits } from "../readers/alertRules";

const THRESHOLDS = {
  graveDays: {
    description: "the most days that an update may wait which mends a grave vulnerability",
    default: DEMANDED_ALERTS.graveDays,
    minimum: 1,
    maximum: DEMANDED_ALERTS.graveDays,
  },
  otherDays: {
    description: "the most days that any other security update may wait",
    default: DEMANDED_ALERTS.otherDays,
    minimum: 1,
    maximum: DEMANDED_ALERTS.otherDays,
  },
};

const DAY_SECONDS = 86_400;
const SINCE = "phiward_vulnerability_update_since_timestamp_seconds";
// Together they are about every update: what is not grave is the other one's.
const NUMBERS = [
  {
    name: "graveDays",
    alert: "VULNERABILITY_GRAVE",
    condition: new RegExp(String.raw`^time\(\) - ${SINCE}\{severity="high"\} > (\d{1,9})$`),
  },
  {
    name: "otherDays",
    alert: "VULNERABILITY_WAITS",
    condition: new RegExp(String.raw`^time\(\) - ${SINCE}\{severity!="high"\} > (\d{1,9})$`),
  },
] as const;

/** What mends a vulnerability says where it is to everyone who reads it. */
export const updatesMendedInTime: Rule = {
  id: "updates-mended-in-time",
  description: "An update that mends a grave vulnerability waits a week at most before an alert, and any other security update a month.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["PKG-10"],
  remedy: "set monitoring.vulnerabilities.graveDays and otherDays in the stack's configuration to fewer days",
  appliesTo: ["phiward:host:Monitor"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const settings = unit.at("settings").at("thresholds").at("vulnerabilities");
    const limits = NUMBERS.map(({ name, ...alert }) => ({
      ...alert,
      setting: settings.at(name),
      each: DAY_SECONDS,
      bound: "most" as const,
      number: thresholdOf(THRESHOLDS, name, configured),
      unit: "days",
    }));
    demandLimits(unit, limits, report);
  },
};
