/** `phiward incident list | status | show | draft | review`: what is on record of incidents. */
import { openStack, type ReportOptions, report } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { running } from "../lib/incidents/clocks";
import { NOTICES, type NoticeName, noticeDraft } from "../lib/incidents/drafts";
import { asker, joinedIncidents } from "../lib/incidents/file";
import { reviewPage } from "../lib/incidents/review";
import { type Incident, incidentOf } from "../lib/incidents/state";
import { clocksText, contactLines, incidentText, isOver, listText } from "../lib/incidents/text";
import { entriesOf, numberOf } from "../lib/incidents/write";
import { writeNewFile } from "../lib/newFile";
import { print } from "../lib/terminal";
import { reviewActs } from "./incidentActs";

/** Options of commands that read. */
export interface IncidentReadOptions extends ReportOptions {
  readonly as?: string;
}
/** Options of commands that make a page. */
export interface IncidentPageOptions extends IncidentReadOptions {
  readonly output?: string;
  readonly to?: string;
}

/** `phiward incident list`. */
export async function incidentListCommand(options: IncidentReadOptions): Promise<number> {
  const { incidents, settings } = await all(options);
  report(options.json, { incidents: incidents.map(asJson) }, listText(incidents, settings, Date.now()));
  return 0;
}

/** `phiward incident status`: those that are open or have a clock that runs; 1 where a clock is over. */
export async function incidentStatusCommand(options: IncidentReadOptions): Promise<number> {
  const now = Date.now();
  const { incidents, settings } = await all(options);
  const open = incidents.filter((incident) => incident.closed === undefined || running(incident, settings).length > 0);
  const parts = open.map((incident) =>
    [
      listText([incident], settings, now),
      clocksText(incident, settings, now),
      ...(incident.closed === undefined ? ["call:", ...contactLines(settings, incident.class)] : []),
    ].join("\n"),
  );
  report(options.json, { incidents: open.map(asJson) }, parts.length === 0 ? "no incident is open" : parts.join("\n"));
  return open.some((incident) => isOver(incident, settings, now)) ? 1 : 0;
}

/** `phiward incident show N`. */
export async function incidentShowCommand(word: string, options: IncidentReadOptions): Promise<number> {
  const { entries, incident, open } = await one(word, options);
  report(
    options.json,
    { ...asJson(incident), entries: entries.map(({ line }) => line) },
    incidentText(incident, entries, open.config.incidents, Date.now()),
  );
  return 0;
}

/** `phiward incident draft N --to WHOM`. */
export async function incidentDraftCommand(word: string, options: IncidentPageOptions): Promise<number> {
  // Object.keys is typed as plain strings; these are the keys of a constant.
  const name = (Object.keys(NOTICES) as readonly NoticeName[]).find((each) => each === options.to);
  if (name === undefined) throw new OperatorError(`--to: found another word, allowed: ${Object.keys(NOTICES).join(", ")}`, 2);
  const { incident, open } = await one(word, options);
  return page(options, noticeDraft(name, incident, open.config.incidents, new Date()));
}

/** `phiward incident review N`. */
export async function incidentReviewCommand(word: string, options: IncidentPageOptions): Promise<number> {
  const now = new Date();
  const { entries, incident, open } = await one(word, options);
  const acts = await reviewActs(open, incident, asker(open, options.as), now);
  return page(options, reviewPage(incident, entries, acts, open.config.incidents, now));
}

function page({ output }: IncidentPageOptions, text: string): number {
  if (output === undefined) print(text.trimEnd());
  else {
    writeNewFile("--output", output, text, 0o600);
    print(`${output}: written`);
  }
  return 0;
}

async function all(options: IncidentReadOptions) {
  const open = openStack(options);
  const { record } = await joinedIncidents(open, asker(open, options.as));
  return { incidents: [...record.values()].map(incidentOf), settings: open.config.incidents };
}

async function one(word: string, options: IncidentReadOptions) {
  const number = numberOf(word);
  const open = openStack(options);
  const joined = await joinedIncidents(open, asker(open, options.as));
  const entries = entriesOf(joined, number);
  return { entries, incident: incidentOf(entries), open };
}

function asJson({ stopped, ...incident }: Incident): object {
  return { ...incident, stopped: Object.fromEntries(stopped) };
}
