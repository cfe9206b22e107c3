/**
 * What a command shows, and what comes from hosts and networks before it is shown. A host is not trusted with the operator's terminal:
 * a file's name, a log line or an error message may hold escape sequences that clear the screen, set the clipboard or fake a result.
 */
import type { z } from "zod";

// Controls (C0, DEL, C1), formats (bidirectional overrides, zero width), line and paragraph separators, halves of a surrogate pair, and
// what has no meaning yet.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** The text with everything escaped that a terminal would not simply show (`\x1b`, `\u{202e}`), line breaks apart. */
export function printable(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(UNSEEN, (character) => (character === "\n" ? character : escaped(character)));
}

/** The same with line breaks escaped too: a value inside a line. */
export function oneLine(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** A text of several lines inside another text: each line after the first is marked, so that none passes for a line of the command's own. */
export function quotedLines(text: string): string {
  return printable(text.trimEnd()).replaceAll("\n", "\n    | ");
}

/**
 * Reads JSON that a host wrote; every string in it, names of fields too, comes back as one printable line, but those of the fields
 * `manyLines` and of what is in them, whose line breaks stay for `quotedLines`. Throws SyntaxError or ZodError where it is not of the form.
 */
export function hostJson<T>(text: string, form: z.ZodType<T>, manyLines: readonly string[] = []): T {
  return form.parse(shown(JSON.parse(text), oneLine, manyLines));
}

function shown(value: unknown, show: (text: string) => string, manyLines: readonly string[]): unknown {
  if (typeof value === "string") return show(value);
  if (Array.isArray(value)) return value.map((entry) => shown(entry, show, manyLines));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [oneLine(name), shown(entry, manyLines.includes(name) ? printable : show, manyLines)]),
  );
}

/** JSON for other programs, in which everything that a terminal would not simply show is escaped as JSON does. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, (character) =>
    [...Array(character.length).keys()].map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`).join(""),
  );
}

/** Writes lines to standard output; the only way there for a command. */
export function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** Writes lines to standard error; the only way there for a command, but for its progress. */
export function warn(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
