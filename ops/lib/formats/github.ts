/** A policy record as workflow commands of GitHub Actions, which become annotations: https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
import { remedyOf } from "../../../policies/engine/rule";
import { type Fault, faultsOf, foundTexts, inAll, shortList } from "../faults";
import type { PolicyRecord } from "../record";
import { oneLine } from "../terminal";
import type { Written } from "./written";

/** One command a line: errors for what makes the command fail, warnings for the rest, notices for what is waived, and one that sums up. */
export function githubCommands(record: PolicyRecord, { fails }: Written): string {
  const summary = command("notice", { title: "phiward policy" }, `${oneLine(record.stack)}: ${inAll(record)}`);
  return [...faultsOf(record).map((fault) => annotation(fault, fails(fault.result))), summary].join("\n");
}

function annotation({ rule, waiver, line, key, findings, wheres }: Fault, fails: boolean): string {
  const level = fails ? "error" : "warning";
  const place = line === undefined ? {} : { file: line.file, line: String(line.line) };
  const about = key === undefined ? shortList(wheres) : `${key} (${shortList(wheres)})`;
  const text = `${about}: ${foundTexts(findings).join("; ")}; fix: ${remedyOf(rule, findings[0])}`;
  return waiver === undefined
    ? command(level, { ...place, title: `${rule.id} (${rule.severity})` }, text)
    : command("notice", { ...place, title: `${rule.id} (waived until ${waiver.expires})` }, text);
}

function command(name: "error" | "warning" | "notice", properties: Readonly<Record<string, string>>, message: string): string {
  const all = Object.entries(properties).map(([key, value]) => `${key}=${escapedProperty(value)}`);
  return `::${name} ${all.join(",")}::${escapedData(message)}`;
}

// As @actions/core escapes them.
function escapedData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapedProperty(text: string): string {
  return escapedData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
