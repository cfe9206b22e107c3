/**
 * The record of duties that people attested: `duties.<stack>.jsonl` beside the stack's file, a line for each. A line holds what was
 * attested, as the text that was signed, and the signature by its person's SSH key. Each has the hash of the one before, so that a line
 * that was changed or taken out from between shows.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { NAME } from "../../../components/config/sections/values";
import { OperatorError } from "../errors";
import { CONFIG_FAULT } from "../pulumiYaml";
import type { Verifier } from "./signatures";

// Texts of people, and six years of them: what is longer is nothing that attest wrote.
const MOST_OF_A_NOTE = 1000;
const MOST_OF_A_LINE = 32 * 1024;
const MOST_LINES = 10_000;

/** The fewest characters of a note: what was done, and what was found, is not said by fewer. */
export const LEAST_OF_A_NOTE = 20;
const NOTE = new RegExp(`^(?=\\S)[^\\p{Cc}\\p{Zl}\\p{Zp}]{${String(LEAST_OF_A_NOTE)},${String(MOST_OF_A_NOTE)}}(?<=\\S)$`, "u");

/** Whether a text can be a note. */
export function isNote(text: string): boolean {
  return NOTE.test(text);
}

/** What is signed. */
const attested = z.strictObject({
  stack: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/),
  duty: z.string().regex(NAME),
  /** The day on which it was done, and the moment of the signature; both in UTC. */
  on: z.iso.date(),
  at: z.iso.datetime(),
  by: z.string().regex(NAME),
  note: z.string().regex(NOTE),
  /** SHA-256 of the line before, without its line end; null in the first one. */
  previous: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});
/** A duty that a person attested. */
export type Attested = z.infer<typeof attested>;

const line = z.strictObject({ attested: z.string(), signature: z.string() });

/** A line of the record that is whole, and whether its key is one of its person's now. */
export interface RecordLine extends Attested {
  /** False for people who left, and keys that they gave up: the line then stands by a later one of someone who is declared. */
  readonly isDeclared: boolean;
}

/** A record that was read whole. */
export interface DutyRecord {
  readonly lines: readonly RecordLine[];
  /** Hash of its last line; null where it is empty. */
  readonly end: string | null;
  /** Whose lines at its end have nobody declared who signed after them: they count for nothing yet. */
  readonly unvouched: readonly string[];
}

/** The line of what is attested, signed. */
export function lineOf(what: Attested, sign: (text: string) => string): string {
  const text = JSON.stringify(what);
  return JSON.stringify({ attested: text, signature: sign(text) } satisfies z.infer<typeof line>);
}

/** Reads a record's text. Throws OperatorError of its first fault: a record with one shows nothing. */
export function readRecord(path: string, source: string, stack: string, verifier: Verifier): DutyRecord {
  if (source !== "" && !source.endsWith("\n")) throw faulty(path, source.split("\n").length, "a line without its end", CUT);
  const texts = source.split("\n").slice(0, -1);
  if (texts.length > MOST_LINES) throw faulty(path, MOST_LINES + 1, "more lines than people attest", CHANGED);
  const lines: RecordLine[] = [];
  let end: string | null = null;
  for (const [index, text] of texts.entries()) {
    lines.push(checkedLine(text, { path, number: index + 1, stack, previous: end, verifier }));
    end = hashOf(text);
  }
  const vouched = lines.findLastIndex(({ isDeclared }) => isDeclared);
  return { lines, end, unvouched: [...new Set(lines.slice(vouched + 1).map(({ by }) => by))] };
}

interface Place {
  readonly path: string;
  readonly number: number;
  readonly stack: string;
  readonly previous: string | null;
  readonly verifier: Verifier;
}

function checkedLine(text: string, { path, number, stack, previous, verifier }: Place): RecordLine {
  const refuse = (found: string): OperatorError => faulty(path, number, found, CHANGED);
  if (text.length > MOST_OF_A_LINE) throw refuse("a line that is longer than any");
  const outer = line.safeParse(jsonOf(text));
  if (!outer.success) throw refuse("what is not a line of attest");
  const inner = attested.safeParse(jsonOf(outer.data.attested));
  if (!inner.success) throw refuse("something else than a duty, its person, day and note");
  const said = inner.data;
  if (said.stack !== stack) throw refuse("a line of another stack");
  if (said.previous !== previous) throw refuse("a line that does not follow the one before it: one was changed, moved or taken out");
  const holds = verifier(said.by, outer.data.attested, outer.data.signature);
  if (holds === "refused") throw refuse(`a signature that is not by ${said.by}, or is of another text`);
  return { ...said, isDeclared: holds === "declared" };
}

const CHANGED =
  "lines that attest wrote, in their order; see with git log -p what changed, and put the record back as it was, or else keep it and begin a new one";
const CUT = "a record whose lines all end; take out the last one, which was cut, and attest that duty again";

function faulty(path: string, number: number, found: string, allowed: string): OperatorError {
  return new OperatorError(`${path}:${String(number)}: found ${found}, allowed: ${allowed}`, CONFIG_FAULT);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
