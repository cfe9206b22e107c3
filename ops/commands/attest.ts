/** `phiward attest`: puts on record, signed by the person's own SSH key, that a duty was done. */

import { DUTIES, isAttested } from "../../components/compliance/duties/duties";
import { INTERVALS } from "../../components/compliance/duties/duty";
import { type OpenStack, openStack, type StackOptions } from "../lib/command";
import { appendLine, dutiesBeside, loadDuties, recordText } from "../lib/duties/file";
import { type DutyRecord, isNote, LEAST_OF_A_NOTE, lineOf } from "../lib/duties/record";
import { dutySigner } from "../lib/duties/signatures";
import { after } from "../lib/duties/states";
import { maySend, type Sent, sendRecord } from "../lib/duties/vault";
import { sentWords } from "../lib/duties/words";
import { OperatorError } from "../lib/errors";
import { print, warn } from "../lib/terminal";
import { timeOf } from "./audit";

/** Options of `phiward attest`. */
export interface AttestOptions extends StackOptions {
  readonly note: string;
  /** The day on which it was done. */
  readonly on?: string;
  /** Who signs, where the agent has keys of several. */
  readonly as?: string;
  /** People who are no longer declared, whose last lines whoever signs stands by. */
  readonly former?: string;
}

// What was done longer ago is over: it has to be done again.
const LONGEST_AGO = 366;

/** `phiward attest DUTY`. */
export async function attestCommand(duty: string, options: AttestOptions): Promise<number> {
  const now = new Date();
  const on = dayOf(options.on, now);
  requireDuty(duty);
  if (!isNote(options.note))
    throw new OperatorError(
      `--note: found ${String(options.note.trim().length)} characters or more than one line, allowed: ${String(LEAST_OF_A_NOTE)} to 1000 on one line; say what was done and found, and nothing of patients`,
      2,
    );
  const open = openStack(options);
  const record = loadDuties(open);
  requireVouched(record, options.former);
  const { name, sign } = dutySigner(open.config, options.key, options.as);
  const { stack } = open;
  const path = dutiesBeside(open.context.file);
  const at = now.toISOString();
  const line = lineOf({ stack, duty, on, at, by: name, note: options.note, previous: record.end }, sign);
  // First: a record that the vault refuses lacks lines, and gets no more of them.
  const words = sentWords(await sent(open, name, `${recordText(open)}${line}\n`));
  appendLine(path, line);
  // isAttested has just said that it is one of them.
  const { every } = DUTIES[duty as keyof typeof DUTIES];
  for (const word of words) warn(word);
  print(`${duty}: attested by ${name} for ${on}, again by ${after(on, INTERVALS[every].days)}\n${path}: commit it`);
  return 0;
}

async function sent(open: OpenStack, person: string, text: string): Promise<readonly Sent[]> {
  if (maySend(open, person)) return sendRecord(open, person, text);
  const vaults = open.config.hosts.filter(({ role }) => role === "vault").map(({ name }) => name);
  return vaults.map((vault) => ({ vault, kind: "unasked", why: `${person} has no sudo there` }));
}

function requireDuty(id: string): void {
  if (isAttested(id)) return;
  const ids = Object.keys(DUTIES).filter(isAttested).join(", ");
  const found = Object.hasOwn(DUTIES, id) ? `${id}, which a timer or a command does` : "another word";
  throw new OperatorError(`DUTY: found ${found}, allowed: ${ids}`, 2);
}

function dayOf(text: string | undefined, now: Date): string {
  const today = now.toISOString().slice(0, 10);
  if (text === undefined) return today;
  if (text.length > 10) throw new OperatorError("--on: found another text, allowed: a day in UTC, as 2026-11-01", 2);
  const on = timeOf("--on", text).toISOString().slice(0, 10);
  if (on > today) throw new OperatorError(`--on: found ${on}, a day to come, allowed: until ${today}; attest what was done`, 2);
  const first = after(today, -LONGEST_AGO);
  if (on < first) throw new OperatorError(`--on: found ${on}, allowed: from ${first}; what was done before has to be done again`, 2);
  return on;
}

function requireVouched({ unvouched }: DutyRecord, former = ""): void {
  const named = former.split(",");
  const others = unvouched.filter((name) => !named.includes(name));
  if (others.length > 0)
    throw new OperatorError(
      `--former: found last lines of the record by keys of ${others.join(", ")} that people in the stack's file do not declare, allowed: --former ${unvouched.join(",")}, if they did sign them (git log -p shows who committed them); else take those lines out`,
      1,
    );
}
