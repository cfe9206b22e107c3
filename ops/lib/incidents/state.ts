/** What an incident's entries come to; pure. */
import type { ClockName, FactName } from "../../../components/compliance/incidents";
import type { Entry, ReadEntry } from "./entry";

/** How a clock was stopped. */
export interface Stopped {
  readonly how: "done" | "not needed";
  /** When, by whom, and in which words. */
  readonly of: string;
  readonly by: string;
  readonly says: string;
}

/** Something that is to be done, and whether it was. */
export interface Action {
  readonly number: number;
  readonly what: string;
  readonly owner: string;
  readonly until: string;
  readonly done?: string;
}

/** An incident as it stands. */
export interface Incident {
  readonly number: number;
  readonly class: NonNullable<Entry["class"]>;
  readonly what: string;
  readonly opened: string;
  readonly by: string;
  readonly hosts: readonly string[];
  readonly began?: string;
  readonly aware: string;
  readonly data: NonNullable<Entry["data"]>;
  /** How many persons are concerned; nothing where it is not known. */
  readonly persons?: number;
  readonly facts: Readonly<Partial<Record<FactName, string>>>;
  readonly stopped: ReadonlyMap<ClockName, Stopped>;
  readonly actions: readonly Action[];
  readonly closed?: { readonly of: string; readonly by: string; readonly cause: string; readonly review: string };
}

/** The state after some entries, the first of which opens it. Throws Error without one. */
export function incidentOf(entries: readonly Omit<Entry, "clocks" | "previous">[]): Incident {
  const [first, ...rest] = entries;
  if (first === undefined) throw new Error("an incident without an entry");
  const begin: Incident = {
    ...{ number: first.incident, class: first.class ?? "P1", what: first.says, opened: first.at, by: first.by, hosts: [] },
    ...{ aware: first.of, data: "unknown", facts: {}, stopped: new Map(), actions: [] },
  };
  return rest.reduce(after, after(begin, first));
}

function after(incident: Incident, entry: Omit<Entry, "clocks" | "previous">): Incident {
  const stop = (how: Stopped["how"], names: readonly ClockName[] = []) =>
    names.map((name) => [name, { how, of: entry.of, by: entry.by, says: entry.says }] as const);
  const added = entry.action === undefined ? [] : [{ number: incident.actions.length + 1, ...entry.action }];
  const { cause, review } = entry;
  return {
    ...incident,
    class: entry.class ?? incident.class,
    hosts: [...new Set([...incident.hosts, ...(entry.hosts ?? [])])],
    ...(entry.began === undefined ? {} : { began: entry.began }),
    aware: entry.aware ?? incident.aware,
    data: entry.data ?? incident.data,
    ...(entry.persons === undefined ? {} : { persons: entry.persons }),
    facts: { ...incident.facts, ...entry.facts },
    stopped: new Map([...incident.stopped, ...stop("done", entry.done), ...stop("not needed", entry.notNeeded)]),
    actions: [...incident.actions, ...added].map((action) => (action.number === entry.actionDone ? { ...action, done: entry.of } : action)),
    ...(entry.kind === "closed" && cause !== undefined && review !== undefined
      ? { closed: { of: entry.of, by: entry.by, cause, review } }
      : {}),
  };
}

/** People whose entries at the end nobody declared has signed after: someone who left, or a key that is nobody's. */
export function unvouched(entries: readonly ReadEntry[]): readonly string[] {
  const vouched = entries.findLastIndex(({ isDeclared }) => isDeclared);
  return [...new Set(entries.slice(vouched + 1).map(({ by }) => by))];
}
