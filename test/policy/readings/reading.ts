/** What a reader is asked, and how its answer is written down. */
import type { Finding } from "../../../policies/engine/rule";
import { Notes, Value } from "../../../policies/readers/value";

/** A reader, and what it is asked. */
export interface Reading<Asked = unknown> {
  readonly reader: string;
  readonly asked: readonly Asked[];
  readonly read: (asked: never) => unknown;
}

/** What a reader makes of what it is asked, in one line. */
export function readingOf({ read }: Reading, asked: unknown): string {
  return JSON.stringify(read(asked as never), (_, value: unknown) => (value === undefined ? "(undefined)" : value));
}

/** Asks a reader. */
export const reading = <Asked>(reader: string, read: (asked: Asked) => unknown, asked: readonly Asked[]): Reading => ({
  reader,
  asked,
  read,
});

/** What is read of a value, with what is reported, malformed or not known. */
export function ofValue(args: unknown, read: (value: Value, report: (finding: Finding) => void) => unknown): readonly unknown[] {
  const notes = new Notes();
  const findings: Finding[] = [];
  const made = read(new Value(args, notes), (finding) => findings.push(finding));
  return [
    made,
    ...findings,
    ...notes.unknown,
    ...[...notes.malformed].map(([path, { found, allowed }]) => `${path}: ${found}, not ${allowed}`),
  ];
}

/** A component with one file. */
export const withFile = (path: string, text: unknown) => ({ files: [{ path, text }] });
