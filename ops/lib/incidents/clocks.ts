/**
 * The clocks of an incident. All times are moments: an hour is an hour, whatever a clock on a wall does meanwhile. Those of the law begin
 * when anybody of the organization first knew, run for every incident until someone says that no patients' data is concerned, and count a
 * number of persons that is not known as a large one.
 */
import type { ClockName } from "../../../components/compliance/incidents";
import type { StackConfig } from "../../../components/config/schema";
import { SEVERITIES } from "../../../components/config/severity";
import type { Entry } from "./entry";
import type { Incident } from "./state";

/** A clock, with the moments at which it began, warns and is over: milliseconds since 1970. Without an end the law names no time. */
export interface Clock {
  readonly name: ClockName;
  readonly begins: number;
  readonly warns: number;
  readonly ends: number | null;
}

type Settings = StackConfig["incidents"];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** GDPR 33(1). */
const AUTHORITY_HOURS = 72;
/** 164.404(b), 164.406(b), 164.408(c), 164.410(b). */
const HIPAA_DAYS = 60;
/** 164.408(b): 500 individuals or more; 164.406(a): more than 500 residents of a state. */
const MANY = 500;

/** Every clock that the incident has, stopped ones too. */
export function clocksOf(incident: Incident, { responses, law }: Settings): readonly Clock[] {
  const aware = Date.parse(incident.aware);
  const within = (name: ClockName, span: number, warns: number): Clock => ({
    ...{ name, begins: aware, warns: aware + warns, ends: aware + span },
  });
  const response = responses[incident.class] * MINUTE;
  const contain = (Object.values(SEVERITIES).find(({ runbook }) => runbook === incident.class)?.containMinutes ?? 30) * MINUTE;
  const own = [within("acknowledge", response, response / 2), within("contain", contain, contain / 2)];
  if (incident.data === "none") return own;
  const gdpr: readonly Clock[] = [
    within("authority", AUTHORITY_HOURS * HOUR, (AUTHORITY_HOURS - 24) * HOUR),
    { name: "persons", begins: aware, warns: aware + AUTHORITY_HOURS * HOUR, ends: null },
  ];
  const large = { span: HIPAA_DAYS * DAY, warns: (HIPAA_DAYS / 2) * DAY };
  const persons = incident.persons ?? Number.POSITIVE_INFINITY;
  const annual = yearAfter(aware);
  const hipaa: readonly Clock[] = [
    within("individuals", large.span, large.warns),
    ...(persons > MANY ? [within("media", large.span, large.warns)] : []),
    persons >= MANY ? within("hhs", large.span, large.warns) : { name: "hhs", begins: aware, warns: annual - 30 * DAY, ends: annual },
  ];
  // A business associate owes the covered entity its notice, and nobody else one: what the others get is the covered entity's.
  const associate: readonly Clock[] = [within("entity", large.span, large.warns)];
  return [
    ...own,
    ...(law.includes("gdpr") ? gdpr : []),
    ...(law.includes("hipaa") ? hipaa : []),
    ...(law.includes("hipaa-associate") ? associate : []),
  ];
}

// The sixtieth day after the calendar year of the discovery begins then, in UTC. Whether a moment near New Year was in the old year depends
// on where one is: the earlier year is taken, whose time is over first.
function yearAfter(aware: number): number {
  const year = new Date(aware - HOUR * 12).getUTCFullYear();
  return Date.UTC(year + 1, 0, 1) + (HIPAA_DAYS - 1) * DAY;
}

/** Those that run: neither done nor found not to be needed. */
export function running(incident: Incident, settings: Settings): readonly Clock[] {
  return clocksOf(incident, settings).filter(({ name }) => !incident.stopped.has(name));
}

/** What an entry says of the clocks that run after it, open actions among them: in whole seconds, for whatever watches them. */
export function statedClocks(incident: Incident, settings: Settings): Entry["clocks"] {
  const seconds = (of: number): number => Math.floor(of / 1000);
  return [
    ...running(incident, settings).map(({ name, warns, ends }) => ({
      ...{ clock: name, warns: seconds(warns), ends: ends === null ? null : seconds(ends) },
    })),
    ...incident.actions
      .filter(({ done }) => done === undefined)
      .slice(0, 40)
      .map(({ number, until }) => {
        const ends = Date.parse(`${until}T00:00:00Z`) + DAY;
        return { clock: `action-${String(number)}`, warns: seconds(ends - 2 * DAY), ends: seconds(ends) };
      }),
  ];
}

/** How a clock stands: words for a person. */
export function clockText({ name, begins, ends }: Clock, incident: Incident, now: number): string {
  const stopped = incident.stopped.get(name);
  if (stopped?.how === "not needed") return `not needed, as ${stopped.by} says: ${stopped.says}`;
  if (stopped !== undefined) {
    const at = Date.parse(stopped.of);
    const late = ends !== null && at > ends ? `, ${span(at - ends)} too late` : "";
    return `done after ${span(at - begins)}${late}, by ${stopped.by}`;
  }
  if (ends === null) return `runs since ${span(now - begins)}: without undue delay, the law names no time`;
  return now > ends ? `OVER since ${span(now - ends)}` : `${span(ends - now)} left, until ${new Date(ends).toISOString().slice(0, 16)}Z`;
}

/** A length of time in words, in the two largest units that it has. */
export function span(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / MINUTE));
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days > 0) return `${String(days)} d ${String(hours)} h`;
  return hours > 0 ? `${String(hours)} h ${String(rest)} min` : `${String(rest)} min`;
}
