/** How an entry comes into being: what it is about, the clocks that run after it, and the signature of whoever makes it. */
import { INCIDENT_NAMESPACE } from "../../../components/compliance/incidents";
import type { OpenStack } from "../command";
import { dutySigner } from "../duties/signatures";
import { OperatorError } from "../errors";
import { warn } from "../terminal";
import { statedClocks } from "./clocks";
import { type Entry, hashOf, isText, lineOf } from "./entry";
import { addEntry, type Joined, joinedIncidents } from "./file";
import { type Incident, incidentOf, unvouched } from "./state";

/** What of an entry a command says; the rest follows. */
export type Said = Omit<Entry, "stack" | "incident" | "at" | "by" | "clocks" | "previous">;

/** Options of commands that write. */
export interface WriteOptions {
  readonly key?: string;
  /** Who signs, where the agent has keys of several. */
  readonly as?: string;
  /** People who are no longer declared, whose last entries whoever signs stands by. */
  readonly former?: string;
}

/** Writes an entry, and returns the incident after it. `number` undefined opens a new one. Throws OperatorError. */
export async function written(
  open: OpenStack,
  options: WriteOptions,
  number: number | undefined,
  say: (incident: Incident | undefined) => Said,
): Promise<{ readonly incident: Incident; readonly path: string }> {
  const { name, sign } = dutySigner(open.config, options.key, options.as, INCIDENT_NAMESPACE);
  const sudo = open.config.people.some((person) => person.name === name && person.sudo);
  const joined = await joinedIncidents(open, sudo ? name : undefined);
  const wanted = number ?? Math.max(0, ...joined.record.keys()) + 1;
  const before = number === undefined ? [] : entriesOf(joined, number);
  requireVouched(unvouched(before), options.former);
  const known = before.length === 0 ? undefined : incidentOf(before);
  const said: Omit<Entry, "clocks" | "previous"> = {
    ...{ stack: open.stack, incident: wanted, at: new Date().toISOString(), by: name },
    ...say(known),
  };
  const incident = incidentOf([...before, said]);
  const last = before.at(-1);
  const entry: Entry = {
    ...said,
    clocks: statedClocks(incident, open.config.incidents),
    previous: last === undefined ? null : hashOf(last.line),
  };
  for (const word of await addEntry(open, joined, name, lineOf(entry, sign))) warn(word);
  return { incident, path: joined.path };
}

/** The entries of an incident. Throws OperatorError where there is none of the number. */
export function entriesOf({ record }: Pick<Joined, "record">, number: number) {
  const found = record.get(number);
  if (found !== undefined) return found;
  const there = [...record.keys()].map(String).join(", ");
  throw new OperatorError(`N: found ${String(number)}, allowed: ${there === "" ? "a number, once an incident was opened" : there}`, 2);
}

/** The number that a word of the command line is. Throws OperatorError. */
export function numberOf(word: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(word)) return Number(word);
  throw new OperatorError("N: found another text, allowed: the number of an incident, as npx phiward incident list shows it", 2);
}

/** A text of an option. Throws OperatorError where an entry cannot say it. */
export function textOf(option: string, text: string): string {
  if (isText(text)) return text;
  throw new OperatorError(
    `${option}: found ${text.trim().length < 3 ? "fewer than 3 characters" : "more than 2000 characters, several lines, or a space at an end"}, allowed: 3 to 2000 characters on one line; nothing of patients`,
    2,
  );
}

/** A moment of an option, with its offset from UTC. Throws OperatorError where it is none, or lies ahead. */
export function momentOf(option: string, text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined;
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/;
  const time = new Date(form.test(text) ? text : Number.NaN);
  // Such as the 30th of February, which becomes a day in March.
  const exists = new Date(`${text.slice(0, 10)}T00:00:00Z`).toString() !== "Invalid Date" && isDay(text.slice(0, 10));
  if (Number.isNaN(time.getTime()) || !exists)
    throw new OperatorError(
      `${option}: found another text, allowed: a time with its offset, as 2026-11-29T07:30Z or 2026-11-29T08:30+01:00`,
      2,
    );
  if (time > now) throw new OperatorError(`${option}: found a time to come, allowed: until ${now.toISOString().slice(0, 16)}Z`, 2);
  return time;
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function requireVouched(names: readonly string[], former = ""): void {
  const others = names.filter((name) => !former.split(",").includes(name));
  if (others.length > 0)
    throw new OperatorError(
      `--former: found last entries by keys of ${others.join(", ")} that people in the stack's file do not declare, allowed: --former ${names.join(",")}, if they did sign them`,
      1,
    );
}
