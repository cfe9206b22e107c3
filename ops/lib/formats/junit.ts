/** A policy record as JUnit XML, as GitLab and Jenkins read it: a test case for each fault, and for each rule that has none. */
import { remedyOf, support } from "../../../policies/engine/rule";
import { type Fault, faultsOf, foundTexts, inAll, lineText, shortList } from "../faults";
import type { PolicyRecord, Result } from "../record";
import { oneLine } from "../terminal";
import type { Written } from "./written";

interface Case {
  readonly name: string;
  readonly file?: string | undefined;
  /** What is in the element; nothing where the rule passed. */
  readonly body?: Body;
}

interface Body {
  readonly element: "failure" | "skipped";
  readonly message: string;
  readonly text?: string;
}

/** The document. What fails the command is a failure; advisories, what is waived, unknown or not there to be judged is skipped, with the reason. */
export function junit(record: PolicyRecord, { at, fails }: Written): string {
  const cases = named([...faultsOf(record).map((fault) => faultCase(fault, fails(fault.result))), ...restOf(record, fails)]);
  const count = (element: Body["element"]): number => cases.filter(({ body }) => body?.element === element).length;
  const name = `phiward policy ${oneLine(record.stack)}`;
  const totals = { tests: cases.length, failures: count("failure"), errors: 0, skipped: count("skipped"), time: 0 };
  const suite = attributes({ name, ...totals, timestamp: at.toISOString().slice(0, 19) });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...totals })}>`,
    `  <testsuite${suite}>`,
    ...cases.map((one) => caseText(one, name)),
    `    <system-out>${escaped(inAll(record))}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n");
}

function faultCase({ rule, waiver, line, key, findings, wheres }: Fault, fails: boolean): Case {
  const about = key ?? shortList(wheres);
  const message = foundTexts(findings).join("; ");
  const level = waiver === undefined ? "advisory" : `waived until ${waiver.expires}: ${waiver.reason}`;
  const place = line === undefined ? "" : `${lineText(line)}\n`;
  const text = `${place}${message}\nfix: ${remedyOf(rule, findings[0])}\nin ${shortList(wheres)} (${support({ controls: findings[0].controls ?? rule.controls })})`;
  return {
    name: `${rule.id}: ${about}`,
    file: line?.file,
    body: waiver === undefined && fails ? { element: "failure", message, text } : { element: "skipped", message: `${level}: ${message}` },
  };
}

// A value that is not known fails the command only where that was asked for.
function restOf({ results }: PolicyRecord, fails: (result: Result) => boolean): readonly Case[] {
  return [...Map.groupBy(results, ({ rule }) => rule.id)].flatMap(([id, all]): readonly Case[] => {
    const unknown = all.flatMap((result) => (result.outcome === "unknown" ? [result] : []));
    if (unknown.length > 0) {
      const element = unknown.some(fails) ? "failure" : "skipped";
      return [
        {
          name: `${id}: unknown`,
          body: { element, message: `unknown until deployment: ${shortList(unknown.map((one) => oneLine(one.at)))}` },
        },
      ];
    }
    if (all.every(({ outcome }) => outcome === "pass")) return [{ name: id }];
    return all.some(({ outcome }) => outcome === "not-applicable")
      ? [{ name: id, body: { element: "skipped", message: "the stack has nothing that it judges" } }]
      : [];
  });
}

// A name stands for one case: where one comes again, a number tells it apart.
function named(cases: readonly Case[]): readonly Case[] {
  const seen = new Map<string, number>();
  return cases.map((one) => {
    const times = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, times);
    return times === 1 ? one : { ...one, name: `${one.name} (${String(times)})` };
  });
}

function caseText({ name, file, body }: Case, classname: string): string {
  const start = `    <testcase${attributes({ name, classname, ...(file === undefined ? {} : { file }), time: 0 })}`;
  if (body === undefined) return `${start}/>`;
  const { element, message, text } = body;
  const type = element === "failure" ? { type: "policy" } : {};
  return `${start}>\n      <${element}${attributes({ message, ...type })}${text === undefined ? "/>" : `>${escaped(text)}</${element}>`}\n    </testcase>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

// Characters that XML forbids are not there: every text is printable.
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
