import { DEMANDED_RECORDS } from "../../components/config/demanded";
import type { Rule } from "../engine/rule";
import { jsonFile } from "../readers/files";
import { demandEvery, demandJob } from "../readers/systemd";

const DAY = 86_400;
const CHECK = /^\/usr\/bin\/python3 -I \/usr\/local\/lib\/phiward\/phiward\.pyz journal check$/;

/** Documentation of what was done is kept for six years from when it was made. */
export const recordsKeptSixYears: Rule = {
  id: "records-kept-six-years",
  description: "A vault keeps the records of other hosts for six years, and looks each day whether they are whole.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-04"],
  remedy: `set records.retentionYears in the stack's configuration to ${String(DEMANDED_RECORDS.years)} or more`,
  appliesTo: ["phiward:host:Records"],
  judge(unit, report) {
    const rendered = jsonFile(unit, "/etc/phiward/journal-remote.json", report);
    for (const place of [unit.at("settings"), ...(rendered === undefined ? [] : [rendered])]) {
      const years = place.at("retentionYears");
      const found = years.number();
      if (found !== undefined && found < DEMANDED_RECORDS.years)
        report({ at: years.path, found: String(found), allowed: `${String(DEMANDED_RECORDS.years)} at least` });
    }
    demandJob(unit, "phiward-journal-check", CHECK, report);
    demandEvery(unit, "phiward-journal-check", DAY, report);
  },
};
