/** `phiward report month`: the month's security report, of measured facts alone, with what could not be measured said. */
import { type ResolvedStack, resolvedStack, type StackOptions } from "../lib/command";
import { loadDuties } from "../lib/duties/file";
import { countedLines, dutyStates } from "../lib/duties/states";
import { OperatorError } from "../lib/errors";
import { ownIncidents } from "../lib/incidents/file";
import { incidentOf } from "../lib/incidents/state";
import type { Acts, Judgement, Measured, Month, MonthFacts } from "../lib/month/facts";
import { monthPage } from "../lib/month/page";
import { sectionsOf } from "../lib/month/rows";
import { writeNewFile } from "../lib/newFile";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { print } from "../lib/terminal";
import { askEach, askScans } from "../lib/vulnerabilities";
import { askAll } from "./audit";
import { recordOf } from "./policy";
import { verifyHosts } from "./verify";

/** Options of `phiward report month`. */
export interface ReportMonthOptions extends StackOptions {
  /** As `2026-11`; the present one without it. */
  readonly month?: string;
  readonly output?: string;
  readonly as?: string;
}

/** `phiward report month`. What it found to be wrong is in the report; the exit code says that there is one. */
export async function reportMonthCommand(options: ReportMonthOptions): Promise<number> {
  const month = monthOf(options.month, new Date());
  const stack = resolvedStack(options);
  const by = personOf(stack.config, options.as, "sudo");
  const facts = await factsOf(stack, month, by);
  const output = options.output ?? `report-${options.stack}-${month.name}.html`;
  writeNewFile("--output", output, monthPage(facts));
  const rows = sectionsOf(facts).flatMap((section) => section.rows);
  const missing = rows.filter(({ said }) => said.startsWith("not measured")).length;
  print(`${output}: ${String(rows.length)} facts, ${String(missing)} of which could not be measured; your browser prints it as PDF`);
  return 0;
}

/** The month that a text names. Throws OperatorError where it is none, or has not begun. */
export function monthOf(text: string | undefined, now: Date): Month {
  const name = text ?? now.toISOString().slice(0, 7);
  const [, year = "", month = ""] = /^(20\d\d)-(0[1-9]|1[0-2])$/.exec(name) ?? [];
  const from = new Date(Date.UTC(Number(year), Number(month) - 1));
  if (year === "" || from > now)
    throw new OperatorError("--month: found another text, or a month to come, allowed: one such as 2026-11", 2);
  const end = new Date(Date.UTC(Number(year), Number(month)));
  const isOver = end <= now;
  // Whole seconds; the one that has begun belongs to it.
  return { name, from, to: isOver ? end : new Date(Math.ceil(now.getTime() / 1000) * 1000), isOver };
}

async function factsOf(stack: ResolvedStack, month: Month, by: string): Promise<MonthFacts> {
  // One after the other: each asks all hosts.
  const acts = await measured(() => actsOf(stack, month, by));
  const verify = await measured(() => withProgress("asking the hosts every check, from inside and from outside", () => verifyHosts(stack)));
  const policy = await measured(() => judgementOf(stack.stack));
  const duties = await measured(() => Promise.resolve(dutiesOf(stack, month)));
  const incidents = await measured(() => Promise.resolve([...ownIncidents(stack).values()].map(incidentOf)));
  const scans = await measured(() => askEach(stack.hosts, (host) => askScans(host, by, stack.context.patience)));
  return { stack: stack.stack, month, date: new Date().toISOString(), by, acts, verify, policy, duties, incidents, scans };
}

async function actsOf(stack: ResolvedStack, { from, to }: Month, by: string): Promise<Acts> {
  const { acts, more, hosts } = await askAll(stack, by, { from, to });
  return { acts, more, without: stack.config.hosts.map(({ name }) => name).filter((name) => !Object.hasOwn(hosts, name)) };
}

async function judgementOf(stack: string): Promise<Judgement> {
  const { results } = await recordOf({ stack });
  const of = (outcome: string): readonly string[] => [
    ...new Set(results.filter((result) => result.outcome === outcome).map(({ rule }) => rule.id)),
  ];
  return { failed: of("fail"), waived: of("waived"), passed: of("pass").length };
}

function dutiesOf(stack: ResolvedStack, { name, to }: Month) {
  // The last day of the month, or today.
  const day = new Date(to.getTime() - 1).toISOString().slice(0, 10);
  const lines = countedLines(loadDuties(stack)).filter(({ on }) => on <= day);
  return { states: dutyStates(day, { lines, unvouched: [] }), lines: lines.filter(({ on }) => on.startsWith(name)) };
}

// What one thing lacks hides nothing of the others.
async function measured<Value>(measure: () => Promise<Value>): Promise<Measured<Value>> {
  try {
    return { value: await measure() };
  } catch (error) {
    if (error instanceof OperatorError) return { missing: error.message };
    throw error;
  }
}
