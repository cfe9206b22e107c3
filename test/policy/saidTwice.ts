/** Whether a report says one thing in several words. */
import { type PolicyRecord, type Result } from "../../ops/lib/record";
import { recordText } from "../../ops/lib/recordText";

/** What a record says more than once: faults of one rule that differ in nothing but their path, and paragraphs of its text. */
export function saidTwice(record: PolicyRecord): readonly string[] {
  return [...repeated(record.results.flatMap(faultOf)), ...repeated(recordText(record).split("\n\n"))];
}

function faultOf(result: Result): readonly string[] {
  if (result.outcome !== "fail") return [];
  const { rule, finding, places } = result;
  return places.map(({ where }) => `${where} ${rule.id}: found ${finding.found}, allowed: ${finding.allowed}`);
}

function repeated(texts: readonly string[]): readonly string[] {
  return texts.filter((text, index) => texts.indexOf(text) < index);
}
