/**
 * The record of incidents: `incidents.<stack>.jsonl` beside the stack's file, and the vault's copy. A line holds an entry of one incident
 * as the text that was signed, and the signature by its person's SSH key. Each has the hash of the line of that incident before it, so
 * that one that was changed or taken out from between shows, and an incident can be handed on alone.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { CLOCK_NAMES, FACT_NAMES } from "../../../components/compliance/incidents";
import { INCIDENT_CLASSES } from "../../../components/config/sections/incidents";
import { NAME } from "../../../components/config/sections/values";
import type { Verifier } from "../duties/signatures";
import { OperatorError } from "../errors";
import { CONFIG_FAULT } from "../pulumiYaml";

const MOST_OF_A_TEXT = 2000;
const MOST_OF_A_LINE = 32 * 1024;
const MOST_LINES = 10_000;
const TEXT = new RegExp(`^(?=\\S)[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{3,${String(MOST_OF_A_TEXT)}}(?<=\\S)$`, "u");

/** Whether a text can be said in an entry: 3 to 2000 characters on one line, nothing that changes how others are shown. */
export function isText(text: string): boolean {
  return TEXT.test(text);
}

const text = z.string().regex(TEXT);
const moment = z.iso.datetime();
const seconds = z.int().nonnegative().max(4_102_444_800);

const entry = z.strictObject({
  stack: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/),
  incident: z.int().min(1).max(9999),
  kind: z.enum(["opened", "noted", "closed"]),
  /** The moment of the signature, and the moment that the entry is about; both in UTC. */
  at: moment,
  of: moment,
  by: z.string().regex(NAME),
  says: text,
  class: z.enum(INCIDENT_CLASSES).optional(),
  hosts: z.array(z.string().regex(NAME)).max(100).optional(),
  /** When it began, and when anybody of the organization first knew of it. */
  began: moment.optional(),
  aware: moment.optional(),
  data: z.enum(["patients", "none", "unknown"]).optional(),
  persons: z.int().nonnegative().max(1_000_000_000).optional(),
  facts: z.partialRecord(z.enum(FACT_NAMES), text).optional(),
  done: z.array(z.enum(CLOCK_NAMES)).optional(),
  notNeeded: z.array(z.enum(CLOCK_NAMES)).optional(),
  action: z.strictObject({ what: text, owner: text, until: z.iso.date() }).optional(),
  actionDone: z.int().positive().optional(),
  cause: text.optional(),
  review: text.optional(),
  /** The clocks that run after this entry: seconds since 1970 at which each warns, and at which it is over. */
  clocks: z.array(z.strictObject({ clock: z.string().regex(/^[a-z0-9-]{1,31}$/), warns: seconds, ends: seconds.nullable() })).max(50),
  previous: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});
/** An entry. What is left out of one is as the entries before it have it. */
export type Entry = z.infer<typeof entry>;
const line = z.strictObject({ entry: z.string(), signature: z.string() });

/** An entry that was read, and whether its key is one of its person's now. */
export interface ReadEntry extends Entry {
  readonly isDeclared: boolean;
  /** The line as it stands in the record. */
  readonly line: string;
}

/** The entries of each incident, in their order, by its number. */
export type IncidentRecord = ReadonlyMap<number, readonly ReadEntry[]>;

/** The line of an entry, signed. */
export function lineOf(what: Entry, sign: (text: string) => string): string {
  const signed = JSON.stringify(entry.parse(what));
  return JSON.stringify({ entry: signed, signature: sign(signed) } satisfies z.infer<typeof line>);
}

/** Hash of a line, as the next one has it. */
export function hashOf(of: string): string {
  return createHash("sha256").update(of).digest("hex");
}

/** Reads a record's text; `where` begins each fault. Throws OperatorError of the first: a record with one shows nothing. */
export function readIncidents(where: string, source: string, stack: string | undefined, verifier: Verifier): IncidentRecord {
  if (source !== "" && !source.endsWith("\n")) throw faulty(where, source.split("\n").length, "a line without its end", CUT);
  const lines = source.split("\n").slice(0, -1);
  if (lines.length > MOST_LINES) throw faulty(where, MOST_LINES + 1, "more lines than people write", CHANGED);
  const record = new Map<number, readonly ReadEntry[]>();
  for (const [index, each] of lines.entries()) {
    const refuse = (found: string): OperatorError => faulty(where, index + 1, found, CHANGED);
    const read = checkedLine(each, refuse, verifier);
    if (stack !== undefined && read.stack !== stack) throw refuse("an entry of another stack");
    const before = record.get(read.incident) ?? [];
    const last = before.at(-1);
    if (read.previous !== (last === undefined ? null : hashOf(last.line)))
      throw refuse("an entry that does not follow the one before it: one was changed, moved or taken out");
    if ((read.kind === "opened") !== (last === undefined)) throw refuse("an incident that begins by no opening, or is opened twice");
    record.set(read.incident, [...before, read]);
  }
  return record;
}

function checkedLine(each: string, refuse: (found: string) => OperatorError, verifier: Verifier): ReadEntry {
  if (each.length > MOST_OF_A_LINE) throw refuse("a line that is longer than any");
  const outer = line.safeParse(jsonOf(each));
  if (!outer.success) throw refuse("what is not a line of an incident");
  const inner = entry.safeParse(jsonOf(outer.data.entry));
  if (!inner.success) throw refuse("something else than an entry of an incident");
  const holds = verifier(inner.data.by, outer.data.entry, outer.data.signature);
  if (holds === "refused") throw refuse(`a signature that is not by ${inner.data.by}, or is of another text`);
  return { ...inner.data, isDeclared: holds === "declared", line: each };
}

const CHANGED = "lines that npx phiward incident wrote, in their order; see with git log -p what changed, and put the record back";
const CUT = "a record whose lines all end; take out the last one, which was cut, and note it again";

function faulty(where: string, number: number, found: string, allowed: string): OperatorError {
  return new OperatorError(`${where}:${String(number)}: found ${found}, allowed: ${allowed}`, CONFIG_FAULT);
}

function jsonOf(of: string): unknown {
  try {
    return JSON.parse(of) as unknown;
  } catch {
    return undefined;
  }
}
