import { CONCERNS } from "../../components/registry";
import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";

const THRESHOLDS = {
  seconds: {
    description: "the most seconds until a change that nobody confirms is rolled back",
    default: 3600,
    minimum: 60,
    maximum: 3600,
  },
};

/** A change that could lock everyone out rolls itself back unless it is confirmed over a new connection. */
export const guardedUnitsHaveDeadMan: Rule = {
  id: "guarded-units-have-dead-man",
  description: "Each change that could lock people out is rolled back within the hour unless it is confirmed.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SSH-26"],
  remedy: "set deadMan.seconds, and let the component's plan carry it",
  appliesTo: [...CONCERNS.filter(({ guarded }) => guarded).map(({ type }) => type), "phiward:host:HostKey"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const most = thresholdOf(THRESHOLDS, "seconds", configured);
    const allowed = `20 to ${String(most)} seconds`;
    const seconds = unit.at("deadManSeconds");
    const found = unit.has("deadManSeconds") ? seconds.number() : 0;
    if (found !== undefined && (found < 20 || found > most))
      report({ at: seconds.path, found: unit.has("deadManSeconds") ? `${String(found)} seconds` : "nothing", allowed });
  },
};
