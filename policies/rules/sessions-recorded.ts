import { IN_CONTAINERS } from "../../components/system/people/recording";
import type { HostRule } from "../engine/rule";
import { filesAt, jsonFile } from "../readers/files";
import { judgeIncidentKey } from "../readers/incidentKey";

const SHELLS = [...["bash", "dash", "sh", "su", "env"].map((name) => `/usr/bin/${name}`), IN_CONTAINERS];

/** What is read in a root shell is in no other record. */
export const sessionsRecorded: HostRule = {
  id: "sessions-recorded",
  description:
    "Root shells of people and their commands in containers are recorded, and each record is encrypted to a key that is on no server.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SSH-27"],
  remedy: "set audit.sessions to shells, or waive this rule with the reason why nobody records what root reads",
  judge(host, report) {
    const sealing = host.of("phiward:host:Sessions");
    for (const people of host.of("phiward:host:People")) {
      const choice = people.at("settings").at("sessions");
      const chosen = choice.text();
      if (chosen === undefined) continue;
      if (chosen !== "shells") {
        report({ at: choice.path, found: "none is recorded", allowed: "shells" });
        continue;
      }
      for (const { at, texts } of filesAt(people, ["/etc/sudoers"], report))
        for (const text of texts)
          if (!recordsShells(text)) report({ at, found: "a shell that is not recorded", allowed: `ROOT_SHELLS with ${SHELLS.join(", ")}` });
      if (sealing.length === 0) report({ at: "units", found: "no phiward:host:Sessions", allowed: "one, since root shells are recorded" });
    }
    for (const unit of sealing) {
      const rendered = jsonFile(unit, "/etc/phiward/sessions.json", report)?.at("recipient");
      const own = unit.at("connection").at("hostKey");
      for (const recipient of [unit.at("settings").at("recipient"), rendered])
        if (recipient !== undefined) judgeIncidentKey(recipient, own, "its sessions", report);
    }
  },
};

function recordsShells(text: string): boolean {
  const [, listed = ""] = /^Cmnd_Alias ROOT_SHELLS = (.*)$/m.exec(text) ?? [];
  const paths = listed.split(", ");
  return SHELLS.every((path) => paths.includes(path));
}
