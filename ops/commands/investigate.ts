/** `phiward investigate HOST`: what changed since the last deploy that succeeded, and what the record has of that time, in one order of time. */
import type { AuditAct } from "../lib/audit/acts";
import { type ReportOptions, type ResolvedStack, report, resolvedStack } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { askFindings, findingsIn, type HostFinding, type HostFindings } from "../lib/hostEvidence/findings";
import { namedHost } from "../lib/hosts";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { requireRecoveryKey } from "../lib/recovery";
import { oneLine, warn } from "../lib/terminal";
import { actsText, askAll, timeOf } from "./audit";
import { SINCE_HOURS } from "./evidenceTake";

/** Options of `phiward investigate`. */
export interface InvestigateOptions extends ReportOptions {
  readonly evidence?: string;
  readonly recoveryKey?: string;
  readonly since?: string;
  readonly as?: string;
}

/** What was found of a host. */
export interface Investigation extends HostFindings {
  readonly host: string;
  /** From when on the record was asked, and why from then. */
  readonly since: string;
  readonly because: string;
  /** What the vault has on record; undefined where it could not be asked. */
  readonly acts?: readonly AuditAct[];
}

const HOUR = 3_600_000;
// Deploys further back than this do not bound what is asked.
const DEPLOY_DAYS = 30;

/** `phiward investigate`: 1 where anything was found. */
export async function investigateCommand(name: string, options: InvestigateOptions): Promise<number> {
  const { evidence, recoveryKey } = options;
  if ((evidence === undefined) !== (recoveryKey === undefined))
    throw new OperatorError("--evidence: found one of --evidence and --recovery-key, allowed: both, or neither to ask the host itself", 2);
  if (recoveryKey !== undefined) requireRecoveryKey(recoveryKey);
  const given = options.since === undefined ? undefined : timeOf("--since", options.since);
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const found = await investigate(stack, name, { person, since: given, ...(evidence === undefined ? {} : { evidence, recoveryKey }) });
  report(options.json, found, investigationText(found));
  return found.found.length === 0 ? 0 : 1;
}

/** What is investigated, by whom. */
export interface InvestigateQuestion {
  readonly person: string;
  readonly since?: Date | undefined;
  /** A file of evidence in place of the live host, and the incident key's file. */
  readonly evidence?: string | undefined;
  readonly recoveryKey?: string | undefined;
}

/** Throws OperatorError where the host, or its evidence, cannot be read; a vault that does not answer only warns. */
export async function investigate(stack: ResolvedStack, name: string, question: InvestigateQuestion): Promise<Investigation> {
  const { person, evidence, recoveryKey } = question;
  const host = namedHost(stack.config, stack.hosts, name, ["application", "vault"]);
  const now = new Date();
  const begin = question.since === undefined ? await lastDeploy(stack, name, person, now) : { at: question.since, because: "as asked" };
  const findings =
    evidence === undefined || recoveryKey === undefined
      ? await withProgress(`looking at ${name}`, () => askFindings(stack, host, person, begin.at))
      : await findingsIn(evidence, recoveryKey, host.hostKey);
  const { statement } = findings;
  if ((statement.of ?? statement.host) !== name)
    throw new OperatorError(`--evidence: found evidence of ${statement.of ?? statement.host}, allowed: that of ${name}`, 2);
  const to = evidence === undefined ? now : new Date(Math.ceil(statement.ended) * 1000);
  const acts = await actsOf(stack, person, { from: begin.at, to, host: name });
  return { host: name, since: begin.at.toISOString(), because: begin.because, ...findings, ...(acts === undefined ? {} : { acts }) };
}

async function lastDeploy(stack: ResolvedStack, host: string, person: string, now: Date): Promise<{ at: Date; because: string }> {
  const from = new Date(now.getTime() - DEPLOY_DAYS * 24 * HOUR);
  const acts = (await actsOf(stack, person, { from, to: now, host, what: ["deploy"] })) ?? [];
  const last = acts.findLast(({ outcome, what }) => outcome === "success" && what.startsWith("apply"));
  if (last === undefined)
    return { at: new Date(now.getTime() - SINCE_HOURS * HOUR), because: `${String(SINCE_HOURS)} hours ago: no deploy is on record` };
  return { at: new Date(Math.floor(Date.parse(last.time) / 1000) * 1000), because: `the last deploy that succeeded: ${last.what}` };
}

async function actsOf(
  stack: ResolvedStack,
  person: string,
  question: Parameters<typeof askAll>[2],
): Promise<readonly AuditAct[] | undefined> {
  if (question.from >= question.to) return [];
  try {
    const { acts, more } = await askAll(stack, person, question);
    if (more) warn("the record has more of that time than is shown: --since narrows it; npx phiward audit shows the rest");
    return acts;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    warn(`the record could not be asked: ${error.message}`);
    return undefined;
  }
}

// What the operations guide looks for in an investigation, and by which kinds it is seen here.
const TOPICS: readonly (readonly [string, RegExp])[] = [
  [
    "Ways to stay: jobs, timers, units, hooks, modules, libraries",
    /systemd|cron|job of at|boot|module|librar|hook|udev|generator|kernel|D-Bus|temporary/,
  ],
  ["Accounts, keys and rights", /account|password|member|authorized|sudo|PAM|polkit|SSH|group/],
  ["Back doors: programs with rights, pages that run what they are sent, processes", /SUID|capabilit|process|program|shadowing|runs what/],
  ["Network: listeners, the firewall, names", /listener|firewall|nftables|name resolution|network|certificate/],
  ["Containers", /container|Docker/],
  ["Packages and declared files", /package|declared/],
];
const REST = "Other";

/** By topic, what was found; a topic without anything is named too, since that is an answer. */
export function byTopic(found: readonly HostFinding[]): ReadonlyMap<string, readonly HostFinding[]> {
  const topics = new Map<string, HostFinding[]>([...TOPICS.map(([topic]) => [topic, []] as [string, HostFinding[]]), [REST, []]]);
  for (const one of found) {
    // A file of a package is first of all what it decides about.
    const topic = TOPICS.find(([, pattern]) => pattern.test(one.what)) ?? TOPICS.find(([, pattern]) => pattern.test(one.kind));
    topics.get(topic?.[0] ?? REST)?.push(one);
  }
  return topics;
}

/** Findings by topic, then one line of time: the record, and what changed at which time by the kernel's clock. */
export function investigationText({ host, since, because, found, statement, outcome, acts }: Investigation): string {
  const at = new Date(statement.ended * 1000).toISOString();
  const head = `${host}: ${String(found.length)} found that nobody declared, at ${at}; the program and what is declared came from this machine`;
  const topics = [...byTopic(found)].flatMap(([topic, rows]) =>
    rows.length === 0 ? (topic === REST ? [] : [`${topic}: nothing found`]) : [`${topic}:`, ...rows.map((row) => `  ${findingLine(row)}`)],
  );
  const refused = (acts ?? []).filter((act) => act.outcome !== undefined && act.outcome !== "success").length;
  return [
    head,
    ...(outcome === "whole" ? [] : [`  not all was looked at: ${outcome}`]),
    ...topics,
    `Since ${since} (${because}), ${acts === undefined ? "the record could not be asked" : `${String(acts.length)} acts are on record, ${String(refused)} refused or failed`}:`,
  ]
    .map(oneLine)
    .concat(timeline(found, acts ?? [], since))
    .join("\n");
}

function findingLine({ kind, path, what, record, changed, isNew }: HostFinding): string {
  const name = what === kind || what === "file" ? kind : `${kind} (${what})`;
  const time =
    changed === undefined ? "" : `, changed ${new Date(changed * 1000).toISOString()}${isNew === true ? ", after that deploy" : ""}`;
  return `${name}: ${path}${time}${record === "host" ? "" : ", held against this machine's own"}`;
}

function timeline(found: readonly HostFinding[], acts: readonly AuditAct[], since: string): readonly string[] {
  const changes = found.flatMap(({ kind, path, changed }): AuditAct[] =>
    changed === undefined || new Date(changed * 1000).toISOString() < since
      ? []
      : [{ time: new Date(changed * 1000).toISOString(), host: "-", kind: "file", what: `CHANGED ${kind}: ${path}` }],
  );
  const all = [...acts, ...changes].toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return all.length === 0 ? ["  nothing"] : [actsText(all)];
}
