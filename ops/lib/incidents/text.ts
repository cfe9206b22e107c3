/** What commands show of incidents. */
import { CLOCKS } from "../../../components/compliance/incidents";
import type { StackConfig } from "../../../components/config/schema";
import { INCIDENT_CLASSES } from "../../../components/config/sections/incidents";
import { oneLine } from "../terminal";
import { clocksOf, clockText, running, span } from "./clocks";
import type { ReadEntry } from "./entry";
import { type Incident, unvouched } from "./state";

type Settings = StackConfig["incidents"];

/** Whether a clock that runs is over. */
export function isOver(incident: Incident, settings: Settings, now: number): boolean {
  return running(incident, settings).some(({ ends }) => ends !== null && now > ends);
}

/** A line for each incident. */
export function listText(incidents: readonly Incident[], settings: Settings, now: number): string {
  if (incidents.length === 0) return "no incident was opened";
  return incidents
    .map((incident) => {
      const { number, what, opened, closed } = incident;
      const state = closed !== undefined ? `closed ${day(closed.of)}` : isOver(incident, settings, now) ? "OPEN, a clock is over" : "open";
      return oneLine(
        `${isOver(incident, settings, now) ? "!" : " "} ${String(number)}  ${incident.class}  ${minute(opened)}  ${state}  ${what}`,
      );
    })
    .join("\n");
}

/** The clocks of an incident, each on a line. */
export function clocksText(incident: Incident, settings: Settings, now: number): string {
  const rows = clocksOf(incident, settings).map((clock) => {
    const { law } = CLOCKS[clock.name];
    const over = !incident.stopped.has(clock.name) && clock.ends !== null && now > clock.ends;
    return `${over ? "!" : " "} ${clock.name.padEnd(12)} ${(law ?? incident.class).padEnd(14)} ${oneLine(clockText(clock, incident, now))}`;
  });
  return rows.join("\n");
}

/** All of an incident. */
export function incidentText(incident: Incident, entries: readonly ReadEntry[], settings: Settings, now: number): string {
  const { number, what, by, opened, hosts, began, aware, data, persons, closed } = incident;
  const last = unvouched(entries);
  return [
    `incident ${String(number)}, ${incident.class}: ${what}`,
    `opened ${minute(opened)} by ${by}; known since ${minute(aware)}; began ${began === undefined ? "at a time that is not known" : minute(began)}`,
    `hosts: ${hosts.join(", ") || "not known"}; patients' data: ${data === "patients" ? "concerned" : data}; persons: ${persons === undefined ? "not known" : String(persons)}`,
    closed === undefined ? `open for ${span(now - Date.parse(opened))}` : `closed ${minute(closed.of)} by ${closed.by}: ${closed.cause}`,
    "clocks:",
    clocksText(incident, settings, now),
    "entries:",
    ...entries.map(
      (entry) => `  ${minute(entry.at)} ${entry.by}${entry.isDeclared ? "" : " (by a key that is not declared now)"}: ${entry.says}`,
    ),
    ...actionLines(incident, now),
    ...(last.length === 0 ? [] : [`the last entries, of ${last.join(", ")}, are by keys that nobody declared has signed after`]),
  ]
    .map((row) => row.split("\n").map(oneLine).join("\n"))
    .join("\n");
}

/** The actions of an incident. */
export function actionLines({ actions }: Incident, now: number): readonly string[] {
  if (actions.length === 0) return [];
  return [
    "actions:",
    ...actions.map(({ number, what, owner, until, done }) => {
      const state = done === undefined ? (now > Date.parse(`${until}T24:00:00Z`) ? "OVERDUE since" : "open until") : "done, was due";
      return `  ${String(number)} ${state} ${until}, ${owner}: ${what}`;
    }),
  ];
}

/** Whom to call for a class, in the order of the stack's file. */
export function contactLines({ contacts }: Settings, of: Incident["class"]): readonly string[] {
  const called = contacts.filter(({ from }) => INCIDENT_CLASSES.indexOf(of) <= INCIDENT_CLASSES.indexOf(from));
  if (called.length === 0) return ["nobody is declared under incidents.contacts"];
  return called.map(({ name, roles, phone, mail }) =>
    oneLine(`  ${roles.join(", ")}: ${name}, ${[phone, mail].filter((way) => way !== undefined).join(", ")}`),
  );
}

function minute(text: string): string {
  return `${text.slice(0, 16)}Z`;
}

function day(text: string): string {
  return text.slice(0, 10);
}
