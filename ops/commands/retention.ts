/** `phiward retention`: what each rule would end and has ended, counted on the host now; and a person's approval of a rule. */
import { z } from "zod";
import { programCommand } from "../../components/plan/programs";
import { hostOf, type ReportOptions, report, resolvedStack } from "../lib/command";
import { OperatorError, refusalOf } from "../lib/errors";
import { applicationHost, type HostAddress } from "../lib/hosts";
import { personOf, personTarget } from "../lib/person";
import { withProgress } from "../lib/progress";
import { overSsh, type Patience } from "../lib/ssh";
import { hostJson, oneLine, print } from "../lib/terminal";

/** Options of `phiward retention`. */
export interface RetentionOptions extends ReportOptions {
  readonly host?: string;
  readonly as?: string;
  /** A rule that is let do its work. */
  readonly approve?: string;
}

const time = z.number().nullable();
const answer = z.object({
  rules: z.array(
    z.object({
      name: z.string(),
      table: z.string(),
      days: z.number(),
      does: z.enum(["deleted", "anonymised"]),
      counted: time,
      due: z.number(),
      held: z.number(),
      approved: time,
      approvedBy: z.string(),
      last: time,
      rows: z.number(),
      finished: time,
    }),
  ),
  holds: z.array(z.object({ name: z.string(), table: z.string(), whole: z.boolean(), owner: z.string(), until: z.string() })),
  faults: z.array(z.string()),
});

/** What a host answered. */
export type HostRetention = z.infer<typeof answer>;

/** `phiward retention`: 1 where a rule cannot be followed. */
export async function retentionCommand(options: RetentionOptions): Promise<number> {
  const stack = resolvedStack(options);
  const host = options.host === undefined ? applicationHost(stack.config, stack.hosts) : hostOf(stack, options.host, ["application"]);
  const { retention } = stack.config;
  if (retention === undefined)
    throw new OperatorError("retention: found nothing, allowed: rules in the stack's file; docs/configuration.md has an example", 3);
  const person = personOf(stack.config, options.as, "sudo");
  const { patience } = stack.context;
  if (options.approve !== undefined) {
    const names = retention.rules.map(({ name }) => name);
    if (!names.includes(options.approve))
      throw new OperatorError(`--approve: found no such rule, allowed: ${names.join(", ") || "none, since no rule is declared"}`, 2);
    await asked(host, person, ["approve", options.approve], patience);
    print(`${host.name}: ${options.approve} was approved by ${person}, and ends rows from the next run on, at ${retention.time} UTC`);
    return 0;
  }
  const found = await withProgress(`${host.name}: counting rows`, () => askRetention(host, person, patience));
  report(options.json, { host: host.name, ...found }, retentionText(host.name, found));
  return found.faults.length === 0 ? 0 : 1;
}

/** Has a host count the rows of its rules, as a person. Throws OperatorError where it does not answer. */
async function askRetention(host: HostAddress, person: string, patience: Patience): Promise<HostRetention> {
  const stdout = await asked(host, person, ["show"], patience);
  try {
    return hostJson(stdout, answer);
  } catch {
    throw new OperatorError(`${host.name}: found an answer of another form, allowed: that of this version; run npx phiward up`, 2);
  }
}

async function asked(host: HostAddress, person: string, words: readonly string[], patience: Patience): Promise<string> {
  const command = `sudo -n ${programCommand("retention", ...words).join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw refusalOf(host, { code, stderr: oneLine(stderr.trim()) });
  return stdout;
}

/** The answer for a person; what waits for one begins with `!`. */
export function retentionText(host: string, { rules, holds, faults }: HostRetention): string {
  const lines = rules.map(({ name, table, days, does, counted, due, held, approved, approvedBy, last, rows }) => {
    const kept = held === 0 ? "" : `, ${String(held)} are held`;
    const what = `${name}, ${table}: rows older than ${String(days)} days`;
    if (counted === null) return `! ${what}: not counted`;
    if (approved === null) return `! ${what}: ${String(due)} would be ${does}${kept}; approve it: npx phiward retention --approve ${name}`;
    const ran = last === null ? "no run since" : `the last run, on ${dayOf(last)}, ended ${String(rows)}`;
    return `  ${what}: ${String(due)} are due${kept}; approved by ${approvedBy} on ${dayOf(approved)}, ${ran}`;
  });
  return [
    `${host}: ${rules.length === 0 ? "no rule is declared" : "rows of databases that end"}`,
    ...lines,
    ...holds.map(
      ({ name, table, whole, owner, until }) => `  hold ${name}, ${table}: ${whole ? "all rows" : "certain rows"} until ${until}, ${owner}`,
    ),
    ...faults.map((fault) => `! ${fault}`),
  ].join("\n");
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
