import { DEMANDED_RECORDS } from "../../components/config/demanded";
import type { Rule } from "../engine/rule";
import { jsonFile } from "../readers/files";
import { judgeIncidentKey } from "../readers/incidentKey";
import { demandUnit, exactly } from "../readers/systemd";

const KEEP = exactly("Service", "ExecStart", "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz sealing keep");
const MOST_SECONDS = DEMANDED_RECORDS.sealMinutes * 60;

/** Who becomes root can change what the host has on record, and not so that it looks as it was. */
export const journalSealed: Rule = {
  id: "journal-sealed",
  description: "The journal is sealed as it is written, and what shows a broken seal is encrypted to a key that is on no server.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-08"],
  remedy: `set journal.sealMinutes in the stack's configuration to ${String(DEMANDED_RECORDS.sealMinutes)} or fewer, and audit.sessionsKey or recovery.publicKey to the public half of a key that is on no server`,
  appliesTo: ["phiward:host:Sealing"],
  judge(unit, report) {
    const rendered = jsonFile(unit, "/etc/phiward/sealing.json", report);
    const hostKey = unit.at("connection").at("hostKey");
    for (const values of rendered === undefined ? [unit.at("settings")] : [unit.at("settings"), rendered]) {
      judgeIncidentKey(values.at("recipient"), hostKey, "what shows a broken seal", report);
      const seconds = values.at("intervalSeconds");
      const found = seconds.number();
      if (found !== undefined && found > MOST_SECONDS)
        report({ at: seconds.path, found: `${String(found)} seconds`, allowed: `${String(MOST_SECONDS)} at most` });
    }
    demandUnit(unit, "phiward-sealing.service", [KEEP], report);
  },
};
