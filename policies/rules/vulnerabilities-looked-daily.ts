import type { Rule } from "../engine/rule";
import { demandEvery, demandTimer, demandUnit, exactly, type UnitDemand } from "../readers/systemd";

const DAY = 86_400;
const WEEK = 7 * DAY;
const LOOK = "phiward-vulnerabilities";
const LYNIS = "phiward-lynis";

/** The command that a unit runs, of the host's programs. */
function runs(verb: string): UnitDemand {
  return exactly("Service", "ExecStart", `/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz scans ${verb}`);
}

// What reads files of images has no network to send anything by.
const CLOSED = exactly("Service", "IPAddressDeny", "any");

/** What is known and mended, and installed nowhere, is the first that is tried. */
export const vulnerabilitiesLookedDaily: Rule = {
  id: "vulnerabilities-looked-daily",
  description: "Each host looks for known vulnerabilities of its packages and images each day, and has its settings judged each week.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["PKG-10", "PKG-11"],
  remedy: "let the concern scans write its timers and its services",
  appliesTo: ["phiward:host:Scans"],
  judge(unit, report) {
    demandUnit(unit, `${LOOK}.service`, [runs("look"), CLOSED], report);
    demandTimer(unit, LOOK, report);
    demandEvery(unit, LOOK, DAY, report);
    demandUnit(unit, `${LYNIS}.service`, [runs("judge"), CLOSED], report);
    demandTimer(unit, LYNIS, report);
    demandEvery(unit, LYNIS, WEEK, report);
  },
};
