/** What `phiward status` says of alerts and measured numbers: rows of cells, of which the last one is as long as it likes. */
import type { StackConfig } from "../../../components/config/schema";
import { alertMatrix } from "../../../components/monitoring/alerts/matrix";
import { RUNBOOK, type RunbookSection } from "../../../components/monitoring/alerts/runbook";
import { FIGURES, type FigureForm } from "../../../components/monitoring/look/figures";
import type { Looked, Now } from "./now";

/** A line of the screen: whether it needs nobody, and its cells. */
export interface Row {
  readonly isFine: boolean;
  readonly cells: readonly string[];
}

/** What the commands of a line are about. */
export interface About {
  readonly config: StackConfig;
  readonly stack: string;
}

// The vault makes its answer when it is asked: an older one shows that it cannot.
const OLD_SECONDS = 300;

/** Whether the vault's monitoring knows of nothing that needs anybody. */
export function isQuiet(looked: Looked): boolean {
  if ("unreachable" in looked) return false;
  const { raised, undelivered, missing } = looked;
  return raised.every(({ silenced }) => silenced !== "") && Object.keys(undelivered).length + missing.length === 0 && !isOld(looked);
}

/** The lines of what the vault's monitoring knows. */
export function lookedRows(looked: Looked, about: About): readonly Row[] {
  if ("unreachable" in looked) return [bad("not known", "alerts", looked.unreachable)];
  const { vault, missing, undelivered, at } = looked;
  const raised = raisedRows(looked, about);
  return [
    ...(isOld(looked)
      ? [bad("not known", "alerts", `the last look is of ${momentOf(at)}; ${commandOf("the-monitoring-fails", vault, about)}`)]
      : []),
    ...(missing.length === 0
      ? []
      : [bad("not known", "monitoring", `no answer to: ${missing.join(", ")}; ${commandOf("the-monitoring-fails", vault, about)}`)]),
    ...(raised.length === 0 && !missing.includes("alerts") ? [{ isFine: true, cells: ["alerts", "none"] }] : raised),
    ...Object.entries(undelivered).map(([way, count]) =>
      bad(
        "not delivered",
        way,
        `${String(count)} within an hour, kept and tried again: ${commandOf("alerts-are-not-delivered", vault, about)}`,
      ),
    ),
    ...looked.hosts.map((host) => measuredRow(looked, host)),
  ];
}

function raisedRows({ raised }: Now, about: About): readonly Row[] {
  const sections = new Map(alertMatrix(about.config.monitoring).map(({ id, runbook }) => [id, runbook]));
  return raised.flatMap(({ alert, host, severity, since, what, silenced, escalated }): readonly Row[] => {
    const note = silenced !== "" ? `; kept back by ${silenced}` : escalated ? "; nobody acknowledged it in time" : "";
    const words = `since ${momentOf(since)}: ${what}${note}`;
    // Of the file's own words, and for hosts of the file: what a host sends is no command.
    const section = sections.get(alert);
    const isKnown = about.config.hosts.some(({ name }) => name === host);
    const command = section === undefined || !isKnown ? [] : [{ isFine: true, cells: ["", "", commandOf(section, host, about)] }];
    return silenced !== ""
      ? [{ isFine: true, cells: ["kept back", alert, words] }]
      : [{ isFine: false, cells: [severity, alert, words] }, ...command];
  });
}

function measuredRow({ figures, at }: Now, host: string): Row {
  const words = FIGURES.flatMap(({ name, short, form }) => {
    const value = figures[name]?.[host];
    return value === undefined ? [] : [`${short} ${valueText(form, value, at)}`];
  });
  return { isFine: true, cells: ["measured", host, words.length === 0 ? "nothing" : words.join(", ")] };
}

/** A figure as a person reads it; `at` is now, in seconds since 1970. */
export function valueText(form: FigureForm, value: number, at: number): string {
  switch (form) {
    case "count":
      return value.toFixed(0);
    case "percent":
      return `${value.toFixed(0)} %`;
    case "since":
      return `${spanOf(at - value)} ago`;
    case "until":
      return value > at ? `in ${spanOf(value - at)}` : "over";
    case "flag":
      return value > 0 ? "yes" : "no";
  }
}

/** The command that a section of the runbook begins with, for a host of a stack. */
export function commandOf(section: RunbookSection, host: string, { stack }: Pick<About, "stack">): string {
  return withStack(RUNBOOK[section].replace("{host}", host), stack);
}

/** A command of phiward for a stack, whose name it leaves out where it is the one that is meant without. */
export function withStack(command: string, stack: string): string {
  return stack === "prod" ? command : `${command} --stack ${stack}`;
}

function bad(...cells: readonly string[]): Row {
  return { isFine: false, cells };
}

function isOld({ at }: Now): boolean {
  return Date.now() / 1000 - at > OLD_SECONDS;
}

function momentOf(at: number): string {
  return `${new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

// In the largest unit of which it has two.
function spanOf(seconds: number): string {
  for (const [unit, name] of UNITS) if (seconds >= 2 * unit) return `${(seconds / unit).toFixed(0)} ${name}`;
  return `${Math.max(0, seconds).toFixed(0)} s`;
}

const UNITS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
] as const;
