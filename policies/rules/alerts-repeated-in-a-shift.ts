import { DEMANDED_ALERTS } from "../../components/config/demanded";
import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { alertRoutes, allRoutes, secondsOf } from "../readers/alertRoutes";

const THRESHOLDS = {
  repeatHours: {
    description: "the most hours after which an alert that lasts is sent again",
    default: DEMANDED_ALERTS.repeatHours,
    minimum: 1,
    maximum: DEMANDED_ALERTS.repeatHours,
  },
};

const HOUR_SECONDS = 3600;
// Alertmanager sends nothing again before the time of its group is over too.
const TIMES = ["repeat_interval", "group_interval", "group_wait"] as const;

/** Who comes on duty hears of what those before did not end. */
export const alertsRepeatedInAShift: Rule = {
  id: "alerts-repeated-in-a-shift",
  description: "An alert that lasts is sent again within a shift of eight hours.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["MON-07"],
  remedy: `set monitoring.repeatHours in the stack's configuration to ${String(DEMANDED_ALERTS.repeatHours)} or fewer`,
  appliesTo: ["phiward:host:Monitor"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const most = thresholdOf(THRESHOLDS, "repeatHours", configured);
    const allowed = `${String(most)} hours at most`;
    const hours = unit.at("settings").at("repeatHours");
    const found = hours.number();
    if (found !== undefined && found > most) report({ at: hours.path, found: `${String(found)} hours`, allowed });
    const first = alertRoutes(unit, report)?.at("route");
    if (first === undefined) return;
    for (const route of allRoutes(first))
      for (const time of TIMES) {
        // What a route leaves out it has of the one above it.
        if (!route.has(time) && !(route === first && time === "repeat_interval")) continue;
        const value = route.at(time);
        const text = value.text();
        const seconds = text === undefined ? undefined : secondsOf(text);
        if (text !== undefined && seconds === undefined)
          report({ at: value.path, found: "another time", allowed: `seconds, minutes or hours, ${allowed}` });
        if (seconds !== undefined && seconds > most * HOUR_SECONDS)
          report({ at: value.path, found: `${String(seconds)} seconds`, allowed });
      }
  },
};
