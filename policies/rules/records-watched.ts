import { DEMANDED_RECORDS } from "../../components/config/demanded";
import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { jsonFile } from "../readers/files";
import { demandJob } from "../readers/systemd";

const WATCH = /^\/usr\/bin\/python3 -I \/usr\/local\/lib\/phiward\/phiward\.pyz journal watch$/;

const THRESHOLDS = {
  silentMinutes: {
    description: "the most minutes without records before an alert",
    default: DEMANDED_RECORDS.silentMinutes,
    minimum: 5,
    maximum: DEMANDED_RECORDS.silentMinutes,
  },
};

/** A host that sends nothing any more is one whose records may be deleted at this moment. */
export const recordsWatched: Rule = {
  id: "records-watched",
  description: "A vault raises an alert within an hour when no records of a host arrive.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-09"],
  remedy: `set records.silentMinutes in the stack's configuration to ${String(DEMANDED_RECORDS.silentMinutes)} or fewer`,
  appliesTo: ["phiward:host:Records"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const minutes = unit.at("settings").at("silentMinutes");
    const rendered = jsonFile(unit, "/etc/phiward/journal-remote.json", report)?.at("silentSeconds");
    const most = thresholdOf(THRESHOLDS, "silentMinutes", configured);
    const places = [{ value: minutes, most, unit: "minutes" }];
    if (rendered !== undefined) places.push({ value: rendered, most: most * 60, unit: "seconds" });
    for (const { value, most: allowed, unit: words } of places) {
      const found = value.number();
      if (found !== undefined && found > allowed)
        report({ at: value.path, found: `${String(found)} ${words}`, allowed: `${String(allowed)} at most` });
    }
    demandJob(unit, "phiward-journal-watch", WATCH, report);
  },
};
