/** Drafts of notices, from what is on record: what is not known is named as such, and nobody's name but those of contacts is in them. */
import { FACTS, type FactName } from "../../../components/compliance/incidents";
import type { StackConfig } from "../../../components/config/schema";
import { oneLine } from "../terminal";
import { clocksOf } from "./clocks";
import type { Incident } from "./state";

/** Whom a notice is for, with the law that asks for it and what it has to say, in the law's order. */
export const NOTICES = {
  authority: {
    to: "the supervisory authority",
    law: "Article 33(3) of Regulation (EU) 2016/679 (GDPR)",
    clock: "authority",
    facts: ["nature", "categories", "records", "secured", "consequences", "measures"],
    plain: false,
  },
  persons: {
    to: "the persons concerned, in clear and plain language",
    law: "Article 34(2) of Regulation (EU) 2016/679 (GDPR)",
    clock: "persons",
    facts: ["nature", "consequences", "measures", "advice", "contact"],
    plain: true,
  },
  individuals: {
    to: "each individual, by first-class mail",
    law: "45 CFR 164.404(c)",
    clock: "individuals",
    facts: ["nature", "categories", "advice", "measures", "contact"],
    plain: true,
  },
  media: {
    to: "prominent media outlets of the state",
    law: "45 CFR 164.406(c)",
    clock: "media",
    facts: ["nature", "categories", "advice", "measures", "contact"],
    plain: true,
  },
  entity: {
    to: "the covered entity, with the name of each individual as far as it is known, by a way that is encrypted",
    law: "45 CFR 164.410(c)",
    clock: "entity",
    facts: ["nature", "categories", "records", "secured", "advice", "measures", "contact"],
    plain: false,
  },
  hhs: {
    to: "the Secretary of HHS, by the form on its website",
    law: "45 CFR 164.408",
    clock: "hhs",
    facts: ["nature", "categories", "secured", "measures", "contact"],
    plain: false,
  },
} as const satisfies Readonly<Record<string, { to: string; law: string; clock: string; facts: readonly FactName[]; plain: boolean }>>;
/** A notice. */
export type NoticeName = keyof typeof NOTICES;

/** The draft of a notice, as Markdown. */
export function noticeDraft(name: NoticeName, incident: Incident, settings: StackConfig["incidents"], now: Date): string {
  const notice = NOTICES[name];
  const clock = clocksOf(incident, settings).find((one) => one.name === notice.clock);
  const aware = Date.parse(incident.aware);
  const delay = name === "authority" && clock?.ends !== null && clock !== undefined && now.getTime() > clock.ends;
  const officer = settings.contacts.find(({ roles }) => roles.includes("privacy"));
  const reach = [officer?.phone, officer?.mail].filter((way) => way !== undefined).join(", ");
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["In the name of", settings.organisation],
    ["Data protection or privacy officer", officer === undefined ? undefined : `${officer.name}, ${reach}`],
    ["It began", incident.began],
    ["It was discovered", new Date(aware).toISOString()],
    ["Persons concerned", incident.persons === undefined ? undefined : `about ${String(incident.persons)}`],
    ...notice.facts.map((fact) => [capital(FACTS[fact]), incident.facts[fact]] as const),
    ...(delay ? [["Why the notice comes later than 72 hours", undefined] as const] : []),
  ];
  const unknown = rows.filter(([, value]) => value === undefined).length;
  return `${[
    `# DRAFT: notice to ${notice.to}`,
    "",
    `By ${notice.law}, about incident ${String(incident.number)}. Made ${now.toISOString().slice(0, 16)}Z from what is on record. A person reads it, completes it, decides and sends it; a lawyer reads it first.`,
    unknown === 0
      ? "Nothing that the law asks for is missing."
      : `${String(unknown)} of what it has to say is NOT KNOWN YET: ${name === "authority" ? "it may be sent in phases (33(4)), and says so; " : ""}npx phiward incident note puts it on record.`,
    ...(incident.data === "patients"
      ? []
      : [`Whether patients' data is concerned: ${incident.data === "none" ? "no, as is on record" : "not known yet"}.`]),
    "",
    ...rows.flatMap(([title, value]) => [`**${title}**`, "", value === undefined ? "NOT KNOWN YET" : literal(value), ""]),
    "Take names of patients, record numbers and whatever tells who they are out of it, wherever it goes beside the person concerned.",
  ].join("\n")}\n`;
}

/** A text of a person inside Markdown: nothing of it is a link, an image, a heading or HTML. */
export function literal(text: string): string {
  return oneLine(text).replaceAll(/[\\`*_{}[\]()#+!|<>~&-]/g, (character) => `\\${character}`);
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
