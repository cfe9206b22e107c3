/** The screen of `phiward status`: what is known of each host, whether it needs anybody, and the command for what does. */
import { type Bans, banLines } from "./bans";
import { type About, commandOf, lookedRows, type Row, withStack } from "./look/lines";
import type { Looked } from "./look/now";
import type { Waiting } from "./told";

/** A unit of a host: the generation it is at, and how it differs from the configuration. */
export interface UnitLine {
  readonly unit: string;
  readonly generation: string | null;
  readonly difference: string | null;
}

/** A container as Docker describes it: `Up 3 minutes (healthy)`. */
export interface ContainerLine {
  readonly name: string;
  readonly status: string;
  /** What the file calls its service; missing where it is of none that is declared, or a former container. */
  readonly service?: string;
}

/** When a backup job last succeeded, in ISO 8601. */
export interface BackupLine {
  readonly repository: string;
  readonly job: string;
  readonly at: string;
}

/** A host on call; `unreachable` says why nothing else is known. */
export type HostStatus =
  | { readonly host: string; readonly unreachable: string }
  | {
      readonly host: string;
      readonly units: readonly UnitLine[];
      readonly containers: readonly ContainerLine[];
      readonly backups: readonly BackupLine[];
      /** Data of services, volumes and databases that are no longer declared: it is in no backup. */
      readonly unusedData?: readonly string[];
      /** Since when it is isolated, by whom and why. */
      readonly isolated?: string | null;
      /** Who and what is kept out by hand. */
      readonly contained?: readonly string[];
      /** Whom fail2ban refuses. */
      readonly bans?: Bans;
      /** Alerts of its own jobs that could not be sent; null where that is not known. */
      readonly waiting?: Waiting | null;
    };

/** Whether the host, as far as its status shows, needs nobody. */
export function isWell(status: HostStatus): boolean {
  if ("unreachable" in status) return false;
  const { units, containers, bans, waiting, isolated = null } = status;
  // A ban is what fail2ban is for; that it says nothing is not.
  return (
    isolated === null &&
    bans !== null &&
    waiting !== null &&
    (waiting?.count ?? 0) === 0 &&
    units.every(({ difference }) => difference === null) &&
    containers.every(({ status: text }) => isHealthy(text))
  );
}

/** The statuses for a person: what needs attention is marked with `!`, and below it is the command for it. */
export function statusText(hosts: readonly HostStatus[], stack = "prod"): string {
  return hosts
    .map((status) =>
      "unreachable" in status
        ? `${status.host}\n! unreachable: ${status.unreachable}\n${lineOf(command("docs/operations.md#a-host-is-silent"))}`
        : hostText(status, stack),
    )
    .join("\n\n");
}

/** What the vault's monitoring knows, for a person. */
export function lookedText(looked: Looked, about: About): string {
  return [`alerts, as ${looked.vault} knows them`, ...lookedRows(looked, about).map(lineOf)].join("\n");
}

function lineOf({ isFine, cells }: Row): string {
  return `${isFine ? " " : "!"} ${cells.map((cell, index) => (index < cells.length - 1 ? cell.padEnd(14) : cell)).join(" ")}`.trimEnd();
}

function command(text: string): Row {
  return { isFine: true, cells: ["", "", text] };
}

function hostText(status: Exclude<HostStatus, { unreachable: string }>, stack: string): string {
  const { host, units, containers, backups, unusedData: unused = [], isolated = null, contained = [], bans = [], waiting } = status;
  const line = (isFine: boolean, ...cells: readonly string[]): string => lineOf({ isFine, cells });
  return [
    host,
    ...(isolated === null
      ? []
      : [lineOf({ isFine: false, cells: [isolated] }), lineOf(command(withStack(`npx phiward unisolate ${host}`, stack)))]),
    ...units.map(({ unit, generation, difference }) =>
      line(difference === null, unit, generation === null ? "never applied" : generation.slice(0, 12), difference ?? "as declared"),
    ),
    ...(units.every(({ difference }) => difference === null) ? [] : [lineOf(command(withStack("npx phiward up", stack)))]),
    ...containers.flatMap(({ name, status: text, service = name }) => [
      line(isHealthy(text), "container", service === name ? name : `${service} (${name})`, text),
      ...(isHealthy(text) ? [] : [lineOf(command(withStack(`npx phiward logs ${service} --host ${host}`, stack)))]),
    ]),
    ...backups.map(({ repository, job, at }) => line(true, "backup", repository, `${job} ${at}`)),
    ...unused.map((data) => line(true, "unused data", data)),
    ...contained.map((words) => line(true, "kept out", words)),
    ...banLines(bans).map(([jail, words]) => line(bans !== null, "banned by", jail, words)),
    ...waitingRows(waiting, host, stack).map(lineOf),
  ].join("\n");
}

function waitingRows(waiting: Waiting | null | undefined, host: string, stack: string): readonly Row[] {
  const todo = commandOf("alerts-are-not-delivered", host, { stack });
  if (waiting === null) return [{ isFine: false, cells: ["not known", "alerts", `which of its jobs wait to be sent; ${todo}`] }];
  if (waiting === undefined || waiting.count === 0) return [];
  const newest = waiting.newest.map(({ unit, time }) => `${unit} ${time}`).join(", ");
  return [
    { isFine: false, cells: ["not delivered", "alerts", `${String(waiting.count)} of its jobs, kept and tried again: ${newest}`] },
    command(todo),
  ];
}

function isHealthy(status: string): boolean {
  return status.startsWith("Up ") && !status.includes("(unhealthy)") && !status.includes("Restarting");
}
