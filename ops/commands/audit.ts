/** `phiward audit`: who did what on which host, from the record that the vault keeps. Each reading is on record itself. */
import { type Answer, type AuditAct, askActs, type Question } from "../lib/audit/acts";
import { actsWithCommits } from "../lib/audit/commits";
import { ACT_KINDS } from "../lib/audit/kinds";
import { type ReportOptions, type ResolvedStack, report, resolvedStack } from "../lib/command";
import { OperatorError } from "../lib/errors";
import type { HostAddress } from "../lib/hosts";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { oneLine, warn } from "../lib/terminal";

/** Options of `phiward audit`. */
export interface AuditOptions extends ReportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly who?: string;
  readonly what?: string;
  readonly host?: string;
  readonly as?: string;
}

const DAY = 24 * 60 * 60 * 1000;
const NAME = /^[a-z_][a-z0-9_.-]{0,31}$/;

/** The question of the command line: the last day without a time. Throws OperatorError. */
export function questionOf({ from, to, who, what, host }: AuditOptions, now: Date): Question {
  // Whole seconds; the one that has begun belongs to it.
  const end = to === undefined ? new Date(Math.ceil(now.getTime() / 1000) * 1000) : timeOf("--to", to);
  const begin = from === undefined ? new Date(end.getTime() - DAY) : timeOf("--from", from);
  if (begin >= end) throw new OperatorError("--from: found a time that is not before --to, allowed: an earlier one", 2);
  if (who !== undefined && !NAME.test(who))
    throw new OperatorError("--who: found another text, allowed: the name of a person or account", 2);
  const kinds = what?.split(",").map((word) => ACT_KINDS.find((kind) => kind === word));
  if (kinds?.includes(undefined) === true)
    throw new OperatorError(`--what: found another kind, allowed: ${ACT_KINDS.join(", ")}, or several with commas between`, 2);
  return {
    ...{ from: begin, to: end },
    ...(who === undefined ? {} : { who }),
    ...(host === undefined ? {} : { host }),
    ...(kinds === undefined ? {} : { what: kinds.filter((kind) => kind !== undefined) }),
  };
}

/** A day or a second, in UTC. Throws OperatorError, naming the option. */
export function timeOf(option: string, text: string): Date {
  const whole = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const time = new Date(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(whole) ? whole : Number.NaN);
  // Such as the 30th of February, which becomes a day in March.
  if (Number.isNaN(time.getTime()) || time.toISOString().slice(0, 19) !== whole.slice(0, 19))
    throw new OperatorError(`${option}: found another text, allowed: a day or a time in UTC, as 2026-11-01 or 2026-11-01T08:30:00Z`, 2);
  return time;
}

/** The hosts that have the record of one, or of all: the vaults; without one, each host has its own. */
export function keepers({ config, hosts }: Pick<ResolvedStack, "config" | "hosts">, wanted?: string): readonly HostAddress[] {
  const vaults = config.hosts.filter(({ role }) => role === "vault").map(({ name }) => name);
  return hosts.filter(({ name }) => (vaults.length === 0 ? wanted === undefined || name === wanted : vaults.includes(name)));
}

/** Asks all that keep a record. Throws OperatorError where one does not answer: half a record would pass for a whole one. */
export async function askAll(stack: ResolvedStack, person: string, question: Question): Promise<Answer> {
  const { config, context } = stack;
  if (question.host !== undefined && !config.hosts.some(({ name }) => name === question.host))
    throw new OperatorError(`--host: found another name, allowed: ${config.hosts.map(({ name }) => name).join(" or ")}`, 3);
  const answers = await withProgress("asking for the record", () =>
    Promise.all(keepers(stack, question.host).map((host) => askActs(config, host, person, question, context.patience))),
  );
  return {
    acts: answers.flatMap(({ acts }) => acts).toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)),
    more: answers.some(({ more }) => more),
    hosts: Object.assign({}, ...answers.map(({ hosts }) => hosts)) as Record<string, number>, // a union of such records
  };
}

/** A line for each act; several of one second that would look the same are one, with how many there are. */
export function actsText(acts: readonly AuditAct[]): string {
  const counts = new Map<string, { readonly row: readonly string[]; times: number }>();
  for (const row of acts.map(actRow)) {
    const key = JSON.stringify(row);
    const same = counts.get(key);
    if (same === undefined) counts.set(key, { row, times: 1 });
    else same.times += 1;
  }
  const rows = [...counts.values()].map(({ row, times }) => (times === 1 ? row : [...row, `(${String(times)} times)`]));
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(0, ...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function actRow(act: AuditAct): readonly string[] {
  const owner = act.person ?? (act.container === undefined ? undefined : `container ${act.container}`);
  return [
    `${act.time.slice(0, 19)}Z`,
    act.host,
    act.kind,
    owner === undefined ? (act.who ?? "-") : `${owner} (${act.who ?? "-"})`,
    act.outcome ?? "-",
    act.from ?? "-",
    act.commit === undefined ? act.what : `${act.what}, commit ${act.commit}`,
  ].map(oneLine);
}

/** `phiward audit`. */
export async function auditCommand(options: AuditOptions): Promise<number> {
  const question = questionOf(options, new Date());
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const answer = await askAll(stack, person, question);
  const asked = stack.config.hosts.map(({ name }) => name).filter((name) => question.host === undefined || name === question.host);
  const without = asked.filter((name) => !Object.hasOwn(answer.hosts, name));
  if (without.length > 0) warn(`found no journal of ${without.join(", ")}: nothing is said of what was done there`);
  if (answer.more) warn("there is more than is shown: ask for less time, one person, or one kind");
  const { from, to } = question;
  const { acts, reason } = actsWithCommits(answer.acts, stack, from);
  if (reason !== undefined) warn(reason);
  report(
    options.json,
    { from: from.toISOString(), to: to.toISOString(), ...answer, acts },
    acts.length === 0 ? `nothing from ${from.toISOString()} to ${to.toISOString()}` : actsText(acts),
  );
  return 0;
}
