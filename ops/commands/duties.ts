/** `phiward duties`: the year's work on one screen: what is overdue, due and done, by whom, and what timers and commands do. */

import { LISTED_DUTIES } from "../../components/compliance/duties/duties";
import { INTERVALS } from "../../components/compliance/duties/duty";
import { type OpenStack, openStack, type ReportOptions, report } from "../lib/command";
import { loadDuties, recordText } from "../lib/duties/file";
import { type DutyState, dutyStates } from "../lib/duties/states";
import { sendRecord } from "../lib/duties/vault";
import { sentWords, warnUnvouched } from "../lib/duties/words";
import { OperatorError } from "../lib/errors";
import { personOf } from "../lib/person";
import { warn } from "../lib/terminal";

/** Options of `phiward duties`. */
export interface DutiesOptions extends ReportOptions {
  /** Whether the vault gets the record, as the person `as`. */
  readonly send?: boolean;
  readonly as?: string;
}

/** `phiward duties`: 1 where one is overdue. */
export async function dutiesCommand(options: DutiesOptions): Promise<number> {
  const open = openStack(options);
  const record = loadDuties(open);
  warnUnvouched(record);
  if (options.send === true) await send(open, options.as);
  const states = dutyStates(new Date().toISOString().slice(0, 10), record);
  report(options.json, { duties: states.map(stateJson) }, dutiesText(states));
  return states.some(({ standing }) => standing === "overdue") ? 1 : 0;
}

async function send(open: OpenStack, as: string | undefined): Promise<void> {
  const sent = await sendRecord(open, personOf(open.config, as, "sudo"), recordText(open));
  if (sent.length === 0) throw new OperatorError("--send: found no vault in the stack, allowed: a stack with a host of the role vault", 2);
  const missed = sentWords(sent);
  for (const one of sent) if (one.kind === "kept") warn(`${one.vault} has the record; ${String(one.lines)} of its lines were new there`);
  if (missed.length > 0) throw new OperatorError(missed.join("\n"), 2);
}

/** The duties for a person: what is overdue first, marked with `!`; then what machines do. */
export function dutiesText(states: readonly DutyState[]): string {
  const rows = STANDINGS.flatMap((wanted) => states.filter(({ standing }) => standing === wanted)).map((state) => [
    state.standing === "overdue" ? "!" : " ",
    state.standing,
    state.duty.id,
    INTERVALS[state.duty.every].words,
    state.next === undefined ? "never done" : `by ${state.next}`,
    state.last === undefined ? state.duty.title : `${state.last.on} ${state.last.by}: ${state.last.note}`,
  ]);
  const machines = LISTED_DUTIES.flatMap(({ id, every, done }): readonly (readonly string[])[] => {
    if (done.by === "person") return [];
    const [how, shown] = done.by === "timer" ? ["timer", `${done.unit}; check ${done.check}`] : ["command", `npx phiward ${done.command}`];
    return [[" ", how, id, INTERVALS[every].words, "", shown]];
  });
  return `${aligned([...rows, ...machines]).join("\n")}\n${sum(states)}`;
}

const STANDINGS = ["overdue", "due", "done"] as const;

function sum(states: readonly DutyState[]): string {
  const count = (wanted: DutyState["standing"]): string => String(states.filter(({ standing }) => standing === wanted).length);
  return `${count("overdue")} overdue, ${count("due")} due, ${count("done")} done; npx phiward attest DUTY --note TEXT once one is done`;
}

// The last column is as long as it likes: a terminal breaks it.
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join(" ")
      .trimEnd(),
  );
}

function stateJson({ duty, standing, last, next }: DutyState): object {
  const { id, title, every, done, law } = duty;
  return { duty: id, title, every, standing, last: last ?? null, next: next ?? null, what: done.by === "person" ? done.what : null, law };
}
