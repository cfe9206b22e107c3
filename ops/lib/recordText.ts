/** A policy record as text for people. */
import { remedyOf, support } from "../../policies/engine/rule";
import { counted } from "./counted";
import { type Fault, faultsOf, foundTexts, inAll, shortList } from "./faults";
import type { PolicyRecord, Result } from "./record";
import { oneLine } from "./terminal";

/** The faults by file, the worst first, then what is unknown, and a line that sums up. */
export function recordText(record: PolicyRecord): string {
  const { stack, judged, rules, functions, results } = record;
  const counts = [counted(rules, "rule"), ...Object.entries(judged).map(([noun, number]) => counted(number, noun))];
  return [
    ...[...Map.groupBy(faultsOf(record), ({ line }) => line?.file)].flatMap(([file, faults]) => [
      file ?? "No line sets it",
      ...faults.map(faultText),
    ]),
    ...unknownLines(results),
    ...functions.map((token) => `${oneLine(token)}: a provider's function; its answer is unknown until deployment\n`),
    `${oneLine(stack)}: ${counts.join(", ")}: ${inAll(record)}`,
  ].join("\n");
}

function faultText({ rule, waiver, line, key, findings, wheres }: Fault): string {
  const [finding, ...others] = findings;
  const level = waiver === undefined ? rule.enforcementLevel : `waived until ${waiver.expires}`;
  const place = [...(line === undefined ? [] : [String(line.line)]), ...(key === undefined ? [] : [key])].join("  ");
  return [
    `  ${[place, rule.id, rule.severity, level].filter((text) => text !== "").join("  ")}`,
    ...foundTexts(findings).map((text) => `    ${text}`),
    `    fix: ${remedyOf(rule, finding)}`,
    ...(waiver === undefined ? [] : [`    waived: ${waiver.reason} (${waiver.owner}, approved by ${waiver.approver}, ${waiver.ticket})`]),
    `    in ${shortList(wheres)}: ${shortList([finding, ...others].map(({ at }) => at))} (${support({ controls: finding.controls ?? rule.controls })})`,
    "",
  ].join("\n");
}

// The same is unknown in many places, as the address of a host that is to come: it is listed once.
function unknownLines(results: readonly Result[]): readonly string[] {
  const unknown = results.flatMap((result) => (result.outcome === "unknown" ? [result] : []));
  return [...Map.groupBy(unknown, ({ at }) => at)].map(([at, same]) => {
    const places = same.flatMap(({ places }) => places.map(({ where }) => oneLine(where)));
    return `${oneLine(at)}: unknown until deployment; not evaluated (${shortList([...new Set(places)])})\n`;
  });
}
