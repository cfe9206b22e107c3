import { INCIDENT_CLASSES } from "../../components/config/sections/incidents";
import { SEVERITIES } from "../../components/config/severity";
import type { Rule } from "../engine/rule";
import { judgeIncidentKey } from "../readers/incidentKey";

/** Who is called for what, before anything happens. */
const NEEDED = ["technical", "security", "privacy", "legal"] as const;

/** Whom to call is known before something happens, or found out while it goes on. */
export const incidentResponseDeclared: Rule = {
  id: "incident-response-declared",
  description: "Whom to call in an incident is declared, how soon each class is answered, and a key for evidence that is on no server.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["IR-09"],
  remedy: `declare incidents.contacts with the roles ${NEEDED.join(", ")}, of which one person may have several, and no slower incidents.responses`,
  appliesTo: ["phiward:host:People"],
  judge(unit, report) {
    const incidents = unit.at("settings").at("incidents");
    const contacts = incidents.at("contacts");
    const members = contacts.items();
    const each = members?.map((contact) => contact.at("roles").texts());
    if (each?.every((roles) => roles !== undefined) === true) {
      const declared = new Set(each.flat());
      const missing = NEEDED.filter((role) => !declared.has(role));
      if (missing.length > 0)
        report({ at: contacts.path, found: `nobody who is ${missing.join(", ")}`, allowed: `contacts for ${NEEDED.join(", ")}` });
    }
    for (const contact of members ?? []) {
      const ways = ["mail", "phone"].filter((way) => contact.has(way)).map((way) => contact.at(way).text());
      if (ways.length === 0 || ways.includes(""))
        report({ at: contact.path, found: "a contact whom nothing reaches", allowed: "mail or phone" });
    }
    for (const name of INCIDENT_CLASSES) {
      const given = incidents.at("responses").at(name);
      const found = given.number();
      const most = Object.values(SEVERITIES).find(({ runbook }) => runbook === name)?.responseMinutes ?? 0;
      if (found !== undefined && found > most)
        report({ at: given.path, found: `${String(found)} minutes`, allowed: `${String(most)} at most` });
    }
    judgeIncidentKey(incidents.at("key"), unit.at("connection").at("hostKey"), "evidence of it", report);
  },
};
