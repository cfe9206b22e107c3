/** `phiward verify`: asks every host all checks of all its units, in one round trip each, and looks at it from outside. */
import type { StackConfig } from "../../components/config/schema";
import { programsVersion } from "../../components/plan/programs";
import type { AcceptedChecks } from "../../policies/waivers/acceptedChecks";
import { waiversBeside } from "../../policies/waivers/load";
import { utcDay } from "../../policies/waivers/schema";
import { ask, type CheckResult, verifyAnswer } from "../lib/agent";
import { type ReportOptions, type ResolvedStack, report, resolvedStack } from "../lib/command";
import type { StackContext } from "../lib/context";
import { overdueLine } from "../lib/duties/words";
import { OperatorError } from "../lib/errors";
import { type HostAddress, hostAddresses } from "../lib/hosts";
import { outsideChecks } from "../lib/outside";
import { withProgress } from "../lib/progress";
import { deployTarget } from "../lib/ssh";
import { quotedLines, warn } from "../lib/terminal";
import { acceptedToday, verifyQuestions } from "../lib/verifyQuestions";
import type { VerifyRecord } from "../lib/verifyRecord";
import { type HostResults, type ReportedResult, type WaivedResults, waiveChecks } from "../lib/waivedChecks";
import { faultText, stackWaivers } from "../lib/waivers";

/**
 * Verifies all hosts at once; those are not asked from inside whose results were got a moment ago. Throws OperatorError if one cannot be
 * asked.
 */
export function verifyStack(
  config: StackConfig,
  context: StackContext,
  hosts: readonly HostAddress[] = hostAddresses(config),
  known: ReadonlyMap<string, readonly CheckResult[]> = new Map(),
  accepted: AcceptedChecks = acceptedToday(config, context),
): Promise<readonly HostResults[]> {
  return Promise.all(
    hosts.map(async (host) => {
      const [inside, outside] = await Promise.all([
        known.get(host.name) ?? insideChecks(config, host, context, accepted),
        outsideChecks(config, host, context),
      ]);
      return { host: host.name, results: [...inside, ...outside] };
    }),
  );
}

async function insideChecks(
  config: StackConfig,
  host: HostAddress,
  { patience }: StackContext,
  accepted: AcceptedChecks,
): Promise<readonly CheckResult[]> {
  const request = { mode: "verify" as const, strict: false, ...verifyQuestions(config, host.name, accepted) };
  return (await ask(deployTarget(host), request, verifyAnswer, patience)).results;
}

/**
 * The results as a table by host and concern, then each failure with what was expected and seen, what is waived with who accepts it, and
 * what was skipped and why.
 */
export function resultTable(hosts: readonly HostResults[]): string {
  const rows = hosts.flatMap(({ host, results }) =>
    [...new Set(results.map(({ unit }) => unit))].map((unit) => {
      const count = (status: string): string =>
        String(results.filter((entry) => entry.unit === unit && entry.status === status && entry.waiver === undefined).length);
      return [host, unit, count("pass"), count("fail"), count("skipped")];
    }),
  );
  const table = [["host", "concern", "pass", "fail", "skipped"], ...rows].map(
    ([host = "", unit = "", ...counts]) => `${host.padEnd(16)}${unit.padEnd(12)}${counts.map((text) => text.padStart(8)).join("")}`,
  );
  const failures = hosts.flatMap(({ host, results }) =>
    results.filter(({ status }) => status === "fail").map((result) => failureText(host, result)),
  );
  const reasons = new Map<string, number>();
  for (const { reason } of hosts.flatMap(({ results }) => results))
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return [...table, ...failures, ...[...reasons].map(([reason, count]) => `skipped ${String(count)}: ${reason}`)].join("\n");
}

function failureText(host: string, { id, expected, seen, waiver }: ReportedResult): string {
  const words = `${host} ${id}\n     expected ${typeof expected === "string" ? expected : JSON.stringify(expected)}\n     seen     ${quotedLines(seen ?? "")}`;
  if (waiver === undefined) return `FAIL ${words}`;
  const { reason, owner, approver, ticket, expires } = waiver;
  return `WAIVED until ${expires} ${words}\n     because  ${reason} (owner ${owner}, approved by ${approver}, ${ticket})`;
}

/** Whether any check of any host failed that is not waived. */
export function anyFailed(hosts: readonly HostResults[]): boolean {
  return hosts.some(({ results }) => results.some(({ status, waiver }) => status === "fail" && waiver === undefined));
}

/** The results as `resultTable`, with each fault of the waivers at its line. */
export function verificationText(path: string | undefined, { hosts, faults }: WaivedResults): string {
  const lines = faults.map((fault) => `FAIL ${faultText(path ?? "", fault)}`);
  return [resultTable(hosts), ...lines].join("\n");
}

/**
 * Verifies each host by itself, so that one that cannot be asked hides nothing of the others, and marks the failures that are waived.
 * Throws what is not OperatorError.
 */
export async function verifyHosts({ stack, config, context, hosts }: ResolvedStack, ask = verifyStack): Promise<VerifyRecord> {
  // Read once for all hosts: it plans the checks of those that it names.
  const accepted = acceptedToday(config, context);
  const asked = await Promise.allSettled(hosts.map((host) => ask(config, context, [host], undefined, accepted)));
  const results: HostResults[] = [];
  const unanswered: VerifyRecord["unanswered"][number][] = [];
  for (const [index, answer] of asked.entries()) {
    if (answer.status === "fulfilled") results.push(...answer.value);
    else if (answer.reason instanceof OperatorError) unanswered.push({ host: hosts[index]?.name ?? "", reason: answer.reason.message });
    else throw answer.reason;
  }
  const date = new Date();
  const waived = waiveChecks(results, stackWaivers(context.file, utcDay(date), config));
  return { stack, date: date.toISOString(), programs: programsVersion(), hosts: waived.hosts, unanswered, waivers: waived.faults };
}

/** `phiward verify`. */
export async function verifyCommand(options: ReportOptions): Promise<number> {
  const stack = resolvedStack(options);
  const record = await withProgress("asking the hosts every check, from inside and from outside", () => verifyHosts(stack));
  const { hosts, unanswered, waivers: faults } = record;
  const overdue = overdueLine(stack);
  if (overdue !== undefined) warn(overdue);
  report(options.json, record, verificationText(waiversBeside(stack.context.file), { hosts, faults }));
  if (unanswered.length > 0) throw new OperatorError(unanswered.map(({ reason }) => reason).join("\n"), 2);
  return anyFailed(hosts) || faults.length > 0 ? 1 : 0;
}
