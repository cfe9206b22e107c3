/** The review of an incident: its times against its clocks, a timeline of its entries and the vault's record, and what is open. */
import { CLOCKS } from "../../../components/compliance/incidents";
import type { StackConfig } from "../../../components/config/schema";
import type { AuditAct } from "../audit/acts";
import { table } from "../markdown";
import { clocksOf, clockText } from "./clocks";
import { literal } from "./drafts";
import type { ReadEntry } from "./entry";
import type { Incident } from "./state";

/** What was on record of the hosts in its time; or why nobody knows. */
export type Acts = { readonly acts: readonly AuditAct[]; readonly more: boolean } | { readonly missing: string };

// What a page can show; the rest is in `npx phiward audit`.
const MOST_ACTS = 2000;

/** The review as Markdown. */
export function reviewPage(
  incident: Incident,
  entries: readonly ReadEntry[],
  acts: Acts,
  settings: StackConfig["incidents"],
  now: Date,
): string {
  const { number, what, closed, hosts, persons, data } = incident;
  return `${[
    `# Incident ${String(number)}, ${incident.class}: ${literal(what)}`,
    `Made ${now.toISOString().slice(0, 16)}Z. Hosts: ${hosts.join(", ") || "not known"}. Patients' data: ${data}. Persons: ${persons === undefined ? "not known" : String(persons)}.`,
    "## Cause and review",
    closed === undefined
      ? "It is open: neither is on record yet."
      : `Cause: ${literal(closed.cause)}\n\nReview: ${literal(closed.review)}\n\nClosed ${closed.of} by ${closed.by}.`,
    "## Times",
    table(
      ["Clock", "Law", "How it stands"],
      clocksOf(incident, settings).map((clock) => [
        clock.name,
        CLOCKS[clock.name].law ?? "response times",
        literal(clockText(clock, incident, now.getTime())),
      ]),
    ),
    "## Actions",
    incident.actions.length === 0
      ? "None is on record."
      : table(
          ["Action", "Owner", "Until", "Done"],
          incident.actions.map((action) => [literal(action.what), literal(action.owner), action.until, action.done ?? "open"]),
        ),
    "## Timeline",
    "missing" in acts
      ? `The hosts' record is missing: ${literal(acts.missing)}`
      : acts.more || acts.acts.length > MOST_ACTS
        ? "There is more in the hosts' record than is shown: npx phiward audit, for less time at once."
        : "",
    table(["Time", "From", "What"], timeline(entries, "missing" in acts ? [] : acts.acts.slice(0, MOST_ACTS))),
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}

function timeline(entries: readonly ReadEntry[], acts: readonly AuditAct[]): readonly (readonly string[])[] {
  return [
    ...entries.map((entry) => ({ time: entry.of, from: `${entry.by}, signed`, what: entry.says })),
    ...acts.map((act) => ({
      time: act.time,
      from: act.host,
      what: [act.kind, act.person ?? act.who, act.outcome, act.from, act.what].filter((part) => part !== undefined).join("; "),
    })),
  ]
    .toSorted((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0))
    .map(({ time, from, what }) => [`${time.slice(0, 19)}Z`, literal(from), literal(what)]);
}
