import { isWebhook } from "../../components/config/webhook";
import type { Rule } from "../engine/rule";
import type { Value } from "../readers/value";

const WAYS = ["webhook", "mail"] as const;

// What is neither reaches nobody.
const IS: Readonly<Record<(typeof WAYS)[number], (contact: string) => boolean>> = {
  webhook: isWebhook,
  mail: (contact) => contact.includes("@"),
};

/** An alert that one person sleeps through is heard by nobody. */
export const monitoringEscalates: Rule = {
  id: "monitoring-escalates",
  description: "An alert that nobody acknowledges in the time of its severity reaches a second contact, which is not the first.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["MON-07"],
  remedy: "declare monitoring.escalation with another webhook or recipient than those of alerts",
  appliesTo: ["phiward:host:Monitor"],
  judge(unit, report) {
    const [first, second] = [unit.at("settings").at("first"), unit.at("settings").at("escalation")];
    const found = WAYS.map((way) => ({ way, contact: contactOf(second, way) })).filter(({ contact }) => contact !== "");
    if (found.length === 0) report({ at: second.path, found: "no second contact", allowed: "a webhook or an email address" });
    for (const { way, contact } of found)
      if (contact !== undefined && !IS[way](contact))
        report({ at: second.at(way).path, found: "another value", allowed: "the address of a webhook, or of mail" });
    for (const { way, contact } of found)
      if (contact !== undefined && contact === contactOf(first, way))
        report({ at: second.at(way).path, found: "the first contact again", allowed: "someone else" });
  },
};

// An empty text where it is not declared, and undefined where it is not known.
function contactOf(contact: Value, way: (typeof WAYS)[number]): string | undefined {
  return contact.has(way) ? contact.at(way).text() : "";
}
