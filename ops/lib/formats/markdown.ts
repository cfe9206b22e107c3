/** A policy record as one comment on a pull request, in GitHub's and GitLab's Markdown. */
import { remedyOf } from "../../../policies/engine/rule";
import { counted } from "../counted";
import { type Fault, faultsOf, foundTexts, inAll, lineText, shortList } from "../faults";
import { table } from "../markdown";
import type { PolicyRecord } from "../record";
import { oneLine } from "../terminal";
import type { Written } from "./written";

// GitHub refuses a comment of more than 65,536 characters; there are two tables.
const LARGEST_TABLE = 30_000;
const CELL = 400;

/** The comment. Its first line marks it, so that whoever comes again finds the one of this stack and edits it. */
export function markdown(record: PolicyRecord, { fails }: Written): string {
  const faults = faultsOf(record);
  const waived = faults.filter(({ waiver }) => waiver !== undefined);
  const open = faults.filter(({ waiver }) => waiver === undefined);
  const verdict = record.results.some(fails) ? "refused" : "passed";
  return [
    markerOf(record.stack),
    `### Policies of ${shown(oneLine(record.stack))}: ${verdict}`,
    "",
    shown(inAll(record)),
    ...(open.length === 0 ? [] : ["", rows(["Line", "Rule", "Severity", "Found", "Fix"], open, openRow)]),
    ...(waived.length === 0 ? [] : ["", "Accepted for a time:", "", rows(["Line", "Rule", "Until", "Found", "Why"], waived, waivedRow)]),
  ].join("\n");
}

/** The line that marks a stack's comment. */
export function markerOf(stack: string): string {
  return `<!-- phiward policy ${stack.replace(/[^\w./]+/g, "-")} -->`;
}

function rows(head: readonly string[], faults: readonly Fault[], row: (fault: Fault) => readonly string[]): string {
  const shownRows: (readonly string[])[] = [];
  let size = 0;
  for (const cells of faults.map(row)) {
    size += cells.join(" | ").length + 6;
    if (size > LARGEST_TABLE) break;
    shownRows.push(cells);
  }
  const more = faults.length - shownRows.length;
  return more > 0
    ? `${table(head, shownRows)}\n\n${counted(more, "further one is", "further ones are")} in the full report.`
    : table(head, shownRows);
}

function openRow(fault: Fault): readonly string[] {
  const { rule, findings } = fault;
  const level = rule.enforcementLevel === "mandatory" ? rule.severity : `${rule.severity}, advisory`;
  return [placeText(fault), rule.id, level, shown(foundTexts(findings).join("; ")), shown(remedyOf(rule, findings[0]))];
}

function waivedRow(fault: Fault): readonly string[] {
  const { rule, findings, waiver } = fault;
  const why = waiver === undefined ? "" : `${waiver.reason} (${waiver.owner}, approved by ${waiver.approver}, ${waiver.ticket})`;
  return [placeText(fault), rule.id, shown(waiver?.expires ?? ""), shown(foundTexts(findings).join("; ")), shown(why)];
}

function placeText({ line, key, wheres }: Fault): string {
  return shown([...(line === undefined ? [] : [lineText(line)]), key ?? shortList(wheres)].join(" "));
}

// Whatever could be markup, a link or a table's border becomes an entity; a mention is broken up, since those are looked for afterwards.
function shown(text: string): string {
  const short =
    text.length > CELL
      ? `${text
          .slice(0, CELL)
          .toWellFormed()
          .replace(/\ufffd$/, "")}…`
      : text;
  return short
    .replace(/[!-/:-@[-`{-~]/g, (character) => (/[.,;()/-]/.test(character) ? character : `&#${String(character.charCodeAt(0))};`))
    .replace(/(www)\./gi, "$1&#46;")
    .replaceAll("&#64;", "&#64;&#8203;");
}
