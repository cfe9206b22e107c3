/** `phiward incident open | note | close`: entries of the record of incidents, each signed by whoever makes it. */
import { CLOCK_NAMES, type ClockName, FACT_NAMES, type FactName } from "../../components/compliance/incidents";
import { INCIDENT_CLASSES } from "../../components/config/sections/incidents";
import { openStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { running } from "../lib/incidents/clocks";
import type { Incident } from "../lib/incidents/state";
import { clocksText, contactLines } from "../lib/incidents/text";
import { momentOf, numberOf, type Said, textOf, type WriteOptions, written } from "../lib/incidents/write";
import { print } from "../lib/terminal";

interface Facts extends StackOptions, WriteOptions {
  readonly class?: string;
  readonly host?: readonly string[];
  readonly since?: string;
  readonly aware?: string;
  readonly data?: string;
  readonly persons?: string;
  readonly fact?: readonly string[];
}
/** Options of `phiward incident open`. */
export interface IncidentOpenOptions extends Facts {
  readonly class: string;
  readonly what: string;
}
/** Options of `phiward incident note`. */
export interface IncidentNoteOptions extends Facts {
  readonly note: string;
  /** When it was, where that is not now. */
  readonly at?: string;
  readonly done?: readonly string[];
  readonly notNeeded?: readonly string[];
  readonly action?: string;
  readonly owner?: string;
  readonly until?: string;
  readonly actionDone?: string;
}
/** Options of `phiward incident close`. */
export interface IncidentCloseOptions extends StackOptions, WriteOptions {
  readonly cause: string;
  readonly review: string;
}

/** `phiward incident open`. */
export async function incidentOpenCommand(options: IncidentOpenOptions): Promise<number> {
  const now = new Date();
  const open = openStack(options);
  const facts = factsOf(
    options,
    now,
    open.config.hosts.map(({ name }) => name),
  );
  const says = textOf("--what", options.what);
  const of = facts.aware ?? now.toISOString();
  const { incident, path } = await written(open, options, undefined, () => ({ kind: "opened", of, says, ...facts, aware: of }));
  const { incidents } = open.config;
  print(
    [
      `incident ${String(incident.number)} is open, class ${incident.class}; its clocks:`,
      clocksText(incident, incidents, now.getTime()),
      "call:",
      ...contactLines(incidents, incident.class),
      ...(incident.data === "unknown"
        ? [`patients' data: not known, so the law's clocks run; npx phiward incident note ${String(incident.number)} --data none ends them`]
        : []),
      `what to do, in order: docs/runbook.md; ${path}: commit it`,
    ].join("\n"),
  );
  return 0;
}

/** `phiward incident note N`. */
export async function incidentNoteCommand(word: string, options: IncidentNoteOptions): Promise<number> {
  const now = new Date();
  const number = numberOf(word);
  const open = openStack(options);
  const facts = factsOf(
    options,
    now,
    open.config.hosts.map(({ name }) => name),
  );
  const says = textOf("--note", options.note);
  const [done, notNeeded] = [clocks("--done", options.done), clocks("--not-needed", options.notNeeded)];
  const action = actionOf(options, now);
  const of = (momentOf("--at", options.at, now) ?? now).toISOString();
  const { incident } = await written(open, options, number, (before) => ({
    ...{ kind: "noted", of, says, ...facts },
    ...(done.length === 0 ? {} : { done }),
    ...(notNeeded.length === 0 ? {} : { notNeeded: lawOnly(notNeeded) }),
    ...(action === undefined ? {} : { action }),
    ...(options.actionDone === undefined ? {} : { actionDone: openAction(before, options.actionDone) }),
  }));
  print(`incident ${word}: noted\n${clocksText(incident, open.config.incidents, now.getTime())}`);
  return 0;
}

/** `phiward incident close N`: refused while a clock runs that somebody has to stop. */
export async function incidentCloseCommand(word: string, options: IncidentCloseOptions): Promise<number> {
  const number = numberOf(word);
  const open = openStack(options);
  const [cause, review] = [textOf("--cause", options.cause), textOf("--review", options.review)];
  const { incident } = await written(open, options, number, (before): Said => {
    if (before?.closed !== undefined)
      throw new OperatorError(`N: found ${word}, closed ${before.closed.of}, allowed: one that is open; what comes after is a note`, 2);
    // The annual log of HHS is due long afterwards, and goes on warning.
    const left = before === undefined ? [] : running(before, open.config.incidents).filter(({ name }) => name !== "hhs");
    if (left.length > 0)
      throw new OperatorError(
        `found clocks that run: ${left.map(({ name }) => name).join(", ")}, allowed: none; npx phiward incident note ${word} --done CLOCK, or --not-needed CLOCK with the reason as --note`,
        1,
      );
    return { kind: "closed", of: new Date().toISOString(), says: `Closed. Cause: ${cause}`.slice(0, 2000).trimEnd(), cause, review };
  });
  const actions = incident.actions.filter(({ done }) => done === undefined).length;
  print(`incident ${word} is closed; ${String(actions)} of its actions are open\n  handed on by: npx phiward incident export ${word}`);
  return 0;
}

function factsOf(options: Facts, now: Date, hosts: readonly string[]): Partial<Said> {
  const { data, persons } = options;
  const found = INCIDENT_CLASSES.find((one) => one === options.class);
  if (options.class !== undefined && found === undefined)
    throw new OperatorError(`--class: found another word, allowed: ${INCIDENT_CLASSES.join(", ")}`, 2);
  const wrong = options.host?.find((name) => !hosts.includes(name));
  if (wrong !== undefined) throw new OperatorError(`--host: found another name, allowed: ${hosts.join(" or ")}`, 3);
  if (data !== undefined && data !== "patients" && data !== "none" && data !== "unknown")
    throw new OperatorError("--data: found another word, allowed: patients, none, unknown", 2);
  if (persons !== undefined && !/^[0-9]{1,9}$/.test(persons))
    throw new OperatorError("--persons: found another text, allowed: a number, as far as it is known", 2);
  const [began, aware] = [momentOf("--since", options.since, now), momentOf("--aware", options.aware, now)];
  const facts = Object.fromEntries((options.fact ?? []).map(factOf));
  return {
    ...(found === undefined ? {} : { class: found }),
    ...(options.host === undefined ? {} : { hosts: [...options.host] }),
    ...(began === undefined ? {} : { began: began.toISOString() }),
    ...(aware === undefined ? {} : { aware: aware.toISOString() }),
    ...(data === undefined ? {} : { data }),
    ...(persons === undefined ? {} : { persons: Number(persons) }),
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
  };
}

function factOf(word: string): readonly [FactName, string] {
  const [, name = "", text = ""] = /^([a-z]+)=(.*)$/s.exec(word) ?? [];
  const fact = FACT_NAMES.find((one) => one === name);
  if (fact === undefined)
    throw new OperatorError(`--fact: found another text, allowed: NAME=TEXT, NAME one of ${FACT_NAMES.join(", ")}`, 2);
  return [fact, textOf(`--fact ${fact}`, text)];
}

function clocks(option: string, words: readonly string[] = []): ClockName[] {
  return words.map((word) => {
    const found = CLOCK_NAMES.find((name) => name === word);
    if (found === undefined) throw new OperatorError(`${option}: found another word, allowed: ${CLOCK_NAMES.join(", ")}`, 2);
    return found;
  });
}

function lawOnly(names: ClockName[]): ClockName[] {
  if (names.some((name) => name === "acknowledge" || name === "contain"))
    throw new OperatorError("--not-needed: found a response time, allowed: clocks of the law; a response is --done", 2);
  return names;
}

function actionOf({ action, owner, until }: IncidentNoteOptions, now: Date): Said["action"] {
  if (action === undefined && owner === undefined && until === undefined) return undefined;
  if (action === undefined || owner === undefined || until === undefined)
    throw new OperatorError("--action: found a part of one, allowed: --action, --owner and --until together", 2);
  const day = new Date(`${until}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(until) || Number.isNaN(day.getTime()) || !day.toISOString().startsWith(until))
    throw new OperatorError("--until: found another text, allowed: a day, as 2027-01-31", 2);
  if (until < now.toISOString().slice(0, 10)) throw new OperatorError("--until: found a day that is over, allowed: from today", 2);
  return { what: textOf("--action", action), owner: textOf("--owner", owner), until };
}

function openAction(incident: Incident | undefined, word: string): number {
  const open = (incident?.actions ?? []).filter(({ done }) => done === undefined).map(({ number }) => number);
  const found = open.find((number) => String(number) === word);
  if (found === undefined)
    throw new OperatorError(
      `--action-done: found another number, allowed: ${open.length === 0 ? "none, no action is open" : open.join(", ")}`,
      2,
    );
  return found;
}
