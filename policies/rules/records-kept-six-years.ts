import { DEMANDED_RECORDS } from "../../components/config/demanded";
import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { jsonFile } from "../readers/files";
import { demandEvery, demandJob } from "../readers/systemd";

const DAY = 86_400;
const CHECK = /^\/usr\/bin\/python3 -I \/usr\/local\/lib\/phiward\/phiward\.pyz journal check$/;

const THRESHOLDS = {
  retentionYears: {
    description: "the fewest years that records are kept for",
    default: DEMANDED_RECORDS.years,
    minimum: DEMANDED_RECORDS.years,
    maximum: 30,
  },
};

/** Documentation of what was done is kept for six years from when it was made. */
export const recordsKeptSixYears: Rule = {
  id: "records-kept-six-years",
  description: "A vault keeps the records of other hosts for six years, and looks each day whether they are whole.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-04"],
  remedy: `set records.retentionYears in the stack's configuration to ${String(DEMANDED_RECORDS.years)} or more`,
  appliesTo: ["phiward:host:Records"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const least = thresholdOf(THRESHOLDS, "retentionYears", configured);
    const rendered = jsonFile(unit, "/etc/phiward/journal-remote.json", report);
    for (const place of [unit.at("settings"), ...(rendered === undefined ? [] : [rendered])]) {
      const years = place.at("retentionYears");
      const found = years.number();
      if (found !== undefined && found < least) report({ at: years.path, found: String(found), allowed: `${String(least)} at least` });
    }
    demandJob(unit, "phiward-journal-check", CHECK, report);
    demandEvery(unit, "phiward-journal-check", DAY, report);
  },
};
