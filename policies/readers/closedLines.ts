/** Files of which each line is known: whatever else a line may say, and in whatever words, it is refused. */
import { anyOf, literal } from "../../components/plan/patterns";
import type { Finding } from "../engine/rule";
import { filesAt, filesWhere, type ShownFile } from "./files";
import type { Value } from "./value";

/**
 * A line. In braces: `{60..900}` a whole number in these bounds, `{yes|no}` one of these, `{*}` one word, `{**}` anything, and `{name}`
 * what Words has under the name. Messages show the line as it is written here, so that they repeat nothing of the stack.
 */
export type KnownLine = string;

/** What stands for a name in a known line: a text, or any of several. */
export type Words = Readonly<Record<string, string | readonly string[]>>;

/** What a file may hold. Lines that are empty, or a comment, do not count. */
export interface ClosedFile {
  /** One file, which must be there, or each of those that match. */
  readonly path: string | RegExp;
  /** Each must be there. */
  readonly lines: readonly KnownLine[];
  /** Each may be there. */
  readonly more?: readonly KnownLine[];
  /** Nothing but `lines`, in this order: where the first line that applies counts. */
  readonly inOrder?: true;
  /** What begins a comment; `#` or `;` without it. */
  readonly comment?: RegExp;
}

/** Reports every line of the files that is not known, and every known one that is not there. */
export function demandClosed(unit: Value, closed: readonly ClosedFile[], words: Words, report: (finding: Finding) => void): void {
  for (const { path, ...demand } of closed) {
    const files = typeof path === "string" ? filesAt(unit, [path], report) : filesWhere(unit, (found) => path.test(found)).files;
    for (const file of files) for (const text of file.texts) demandText(file, text, { path, ...demand }, words, report);
  }
}

function demandText({ at }: ShownFile, text: string, closed: ClosedFile, words: Words, report: (finding: Finding) => void): void {
  const comment = closed.comment ?? /^[#;]/;
  const found = text
    .split("\n")
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== "" && !comment.test(line));
  if (closed.inOrder === true) {
    demandOrder(at, found, closed.lines, words, report);
    return;
  }
  const known = [...closed.lines, ...(closed.more ?? [])].map((line) => ({ line, matches: matcher(line, words) }));
  const met = new Set<string>();
  for (const { line, number } of found) {
    const match = known.find(({ matches }) => matches(line));
    if (match !== undefined) met.add(match.line);
    else report({ at, found: `line ${String(number)}, which is not known`, allowed: "the lines that the rule lists" });
  }
  for (const line of closed.lines) if (!met.has(line)) report({ at, found: "a line less, or another one in its place", allowed: line });
}

// The first difference says enough: all that follows is moved by it.
function demandOrder(
  at: string,
  found: readonly { readonly line: string; readonly number: number }[],
  lines: readonly KnownLine[],
  words: Words,
  report: (finding: Finding) => void,
): void {
  const index = lines.findIndex((line, place) => !matcher(line, words)(found[place]?.line ?? ""));
  const first = found[index < 0 ? lines.length : index];
  if (index < 0 && first === undefined) return;
  const where = first === undefined ? "the end" : `line ${String(first.number)}`;
  report({ at, found: `something else at ${where}`, allowed: lines[index] ?? "the end" });
}

/** Whether a line is the known one. */
export function matcher(known: KnownLine, words: Words): (line: string) => boolean {
  const bounds: (readonly [number, number])[] = [];
  const source = known
    .split(/\{([^{}]+)\}/)
    .map((part, index) => {
      if (index % 2 === 0) return literal(part);
      const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(part) ?? [];
      if (from !== undefined && to !== undefined) {
        bounds.push([Number(from), Number(to)]);
        return "(\\d{1,9})";
      }
      if (part === "*") return "\\S+";
      if (part === "**") return ".*";
      return anyOf([words[part] ?? part.split("|")].flat());
    })
    .join("");
  const pattern = new RegExp(`^${source}$`);
  return (line) => {
    const [, ...numbers] = pattern.exec(line) ?? [undefined];
    if (!pattern.test(line)) return false;
    return bounds.every(([from, to], index) => Number(numbers[index]) >= from && Number(numbers[index]) <= to);
  };
}
