/** A policy record as text for people. */
import { sentence } from "../../policies/engine/rule";
import type { Acceptance, Place, PolicyRecord, Result } from "./record";

/** The faults, what is unknown, and a line that sums up. */
export function recordText({ stack, judged, rules, functions, results }: PolicyRecord): string {
  const counts = [counted(rules, "rule"), ...Object.entries(judged).map(([noun, number]) => counted(number, noun))];
  return [
    ...results.flatMap(faultLines),
    ...unknownLines(results),
    ...functions.map((token) => `${token}: a provider's function; its answer is unknown until deployment\n`),
    `${stack}: ${counts.join(", ")}: ${inAll(results)}`,
  ].join("\n");
}

function faultLines(result: Result): readonly string[] {
  if (result.outcome !== "fail" && result.outcome !== "waived") return [];
  const { rule, finding, places } = result;
  const level = result.outcome === "fail" ? rule.enforcementLevel : `waived until ${result.waiver.expires}`;
  const why = result.outcome === "fail" ? "" : `\n  waived: ${waiverText(result.waiver)}`;
  return [`${shortList(places.map(placeText))}  ${rule.id}  ${rule.severity}  ${level}\n  ${sentence(rule, finding)}${why}\n`];
}

function waiverText({ reason, owner, approver, ticket }: Acceptance): string {
  return `${reason} (owner ${owner}, approved by ${approver}, ${ticket})`;
}

function placeText({ where, type, source, setting }: Place): string {
  if (setting !== undefined) return `${where} (${setting.file}:${String(setting.line)})`;
  const made = source === undefined ? "" : `, ${source.file}:${String(source.line)}`;
  return type === undefined ? where : `${where} (${type}${made})`;
}

// The same is unknown in many places, as the address of a host that is to come: it is listed once.
function unknownLines(results: readonly Result[]): readonly string[] {
  const unknown = results.flatMap((result) => (result.outcome === "unknown" ? [result] : []));
  return [...Map.groupBy(unknown, ({ at }) => at)].map(([at, same]) => {
    const places = same.flatMap(({ places }) => places.map(({ where }) => where));
    return `${at}: unknown until deployment; not evaluated (${shortList([...new Set(places)])})\n`;
  });
}

const SHOWN = 3;

function shortList(texts: readonly string[]): string {
  const more = texts.length - SHOWN;
  return more > 0 ? `${texts.slice(0, SHOWN).join(", ")}, ${String(more)} more` : texts.join(", ");
}

function inAll(results: readonly Result[]): string {
  const failed = results.filter(({ outcome }) => outcome === "fail");
  const mandatory = failed.filter(({ rule }) => rule.enforcementLevel === "mandatory").length;
  const waived = results.filter(({ outcome }) => outcome === "waived").length;
  const accepted = waived === 0 ? "" : `, ${String(waived)} waived`;
  return `${counted(mandatory, "violation")}, ${counted(failed.length - mandatory, "advisory", "advisories")}${accepted}`;
}

function counted(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}
