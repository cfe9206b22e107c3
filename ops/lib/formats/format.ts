/** The forms that a report of the policies is written in. */
import type { PolicyRecord } from "../record";
import { recordText } from "../recordText";
import { safeJson } from "../terminal";
import { githubCommands } from "./github";
import { junit } from "./junit";
import { markdown } from "./markdown";
import { oscalRecord } from "./oscalRecord";
import { sarif } from "./sarif";
import type { Format, Written } from "./written";

const WRITERS: Readonly<Record<Format, (record: PolicyRecord, written: Written) => string>> = {
  text: recordText,
  json: (record) => safeJson(record),
  sarif,
  junit,
  markdown,
  github: githubCommands,
  oscal: oscalRecord,
};

/** The report in a form, without a line end after it. Nothing in it is a control character but for line ends. */
export function reportIn(format: Format, record: PolicyRecord, written: Written): string {
  return WRITERS[format](record, written);
}

/** The line that sums a record up; the last one of its text. */
export function summaryOf(record: PolicyRecord): string {
  return (
    recordText({ ...record, functions: [] })
      .split("\n")
      .at(-1) ?? ""
  );
}
