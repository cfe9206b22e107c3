import type { Rule } from "../engine/rule";
import { demandEvery, demandTimer, demandUnit, TOLD, type UnitDemand } from "../readers/systemd";

const DAY = 86_400;
const UNIT = "phiward-integrity";
const RUNS: UnitDemand = {
  section: "Service",
  key: "ExecStart",
  holds: (value) => value === "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz integrity daily",
  allowed: "the daily look of the host's programs",
};

/** A change by hand that nobody looks for is found by whoever made it alone. */
export const integrityLookedDaily: Rule = {
  id: "integrity-looked-daily",
  description: "Each host is compared each day with what is declared of it, and an alert is raised where it can be.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["MON-06"],
  remedy: "let the concern integrity write its timer and its service",
  appliesTo: ["phiward:host:Integrity"],
  judge(unit, report) {
    const alerts = unit.at("settings").at("alerts").flag();
    demandUnit(unit, `${UNIT}.service`, alerts === true ? [RUNS, TOLD] : [RUNS], report);
    demandTimer(unit, UNIT, report);
    demandEvery(unit, UNIT, DAY, report);
  },
};
