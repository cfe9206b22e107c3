/** `phiward policy`: judges a stack's configuration by the policies, without engine, token or network. */
import type { StackConfig } from "../../components/config/schema";
import { stackModel } from "../../components/containers/model";
import { HOST_RULES, RULES } from "../../policies/all";
import { judge, judgeEachHost } from "../../policies/engine/judge";
import { appliesTo, type Rule } from "../../policies/engine/rule";
import { reviewedComponents } from "../../policies/engine/subject";
import type { Facts } from "../../policies/readers/value";
import { WAIVER_RULES } from "../../policies/waivers/rules";
import { utcDay } from "../../policies/waivers/schema";
import { type BaselineTerms, writeBaseline } from "../lib/baseline";
import { OperatorError } from "../lib/errors";
import { type FailOn, failsOn } from "../lib/failOn";
import type { Format } from "../lib/formats/written";
import { type PolicyConfig, policyConfig } from "../lib/policyConfig";
import { stackFile } from "../lib/project";
import { withSettings } from "../lib/provenance/settings";
import { type Judged, type PolicyRecord, resultsOf } from "../lib/record";
import { writeReport } from "../lib/reportFile";
import { readStack } from "../lib/stack";
import { print, warn } from "../lib/terminal";
import { ownVersion } from "../lib/version";
import { type StackWaivers, stackWaivers, UNWAIVED, withWaivers } from "../lib/waivers";

/** Judges each component that the program would register for this configuration, and those of each host together. */
export function judgeStack(
  stack: string,
  config: StackConfig,
  rules: readonly Rule[] = RULES,
  waivers: StackWaivers = UNWAIVED,
  configured: PolicyConfig = {},
): PolicyRecord {
  const model = stackModel(config);
  const units = config.hosts.flatMap((host) => reviewedComponents(model, host));
  const asked = units.flatMap((unit): Judged[] => {
    const facts: Facts = new Map();
    const place = { where: `${unit.host}/${unit.unit}` };
    return rules
      .filter((rule) => appliesTo(rule, unit.type))
      .map((rule) => ({ rule, place, ...judge(rule, unit.args, facts, { configured: configured[rule.id] ?? {} }) }));
  });
  const together = HOST_RULES.flatMap((rule) =>
    judgeEachHost(rule, units, { configured: configured[rule.id] ?? {} }).map(
      ({ host, ...verdict }): Judged => ({ rule, place: { where: host ?? "stack" }, ...verdict }),
    ),
  );
  const all = [...rules, ...HOST_RULES, ...WAIVER_RULES];
  return {
    stack,
    judged: { host: config.hosts.length, unit: units.length, judgement: asked.length + together.length },
    rules: all.length,
    functions: [],
    results: resultsOf(all, withWaivers([...asked, ...together], waivers, false)),
  };
}

/** Options of `phiward policy`; the terms are those of a baseline. */
export interface PolicyOptions extends BaselineTerms {
  readonly stack: string;
  /** Directory of the project whose program is judged; default: phiward's own. */
  readonly program?: string;
  /** Judges the configuration, and not what the program makes of it. */
  readonly quick?: boolean;
  /** The same as the format json. */
  readonly json?: boolean;
  /** Accepts what is found now in the stack's file of waivers. */
  readonly baseline?: boolean;
  readonly format?: Format;
  readonly failOn?: FailOn;
  /** File that the report is written to, in place of standard output. */
  readonly output?: string;
}

/** `phiward policy`. */
export async function policyCommand(options: PolicyOptions): Promise<number> {
  if (options.baseline === true) await addBaseline(options);
  const { json, format = json === true ? "json" : "text", output } = options;
  const at = new Date();
  const record = { ...(await recordOf(options)), date: at.toISOString() };
  const fails = failsOn(options.failOn);
  const { reportIn, summaryOf } = await import("../lib/formats/format.js");
  const report = reportIn(format, record, { at, version: ownVersion(), fails });
  if (output !== undefined) writeReport(output, report);
  print(output === undefined ? report : summaryOf(record));
  return record.results.some(fails) ? 1 : 0;
}

async function addBaseline(options: PolicyOptions): Promise<void> {
  if (options.quick === true)
    throw new OperatorError("--baseline: found with --quick, allowed: without it; a baseline is of all that the program would make", 2);
  const { path, accepted, refused } = writeBaseline(
    await recordOf(options),
    stackFile(options.stack, options.program),
    options,
    utcDay(new Date()),
  );
  warn(
    `${path}: ${accepted === 0 ? "nothing to accept, nothing was written" : `${String(accepted)} findings are accepted; look at the difference, and have it reviewed`}`,
  );
  if (refused.length > 0) warn(`${path}: cannot be waived, and must be corrected: ${refused.join(", ")}`);
}

/** What the policies say of the stack. Throws OperatorError where the configuration has a fault or the program does not run. */
export async function recordOf({ stack, program, quick }: PolicyOptions): Promise<PolicyRecord> {
  const file = stackFile(stack, program);
  const today = utcDay(new Date());
  if (quick === true) {
    const config = readStack(file, { stack, cwd: program, judging: true });
    return withSettings(judgeStack(stack, config, RULES, stackWaivers(file, today, config), policyConfig(file)), { file, config });
  }
  const { judgedProgram } = await import("../lib/verdict.js");
  return judgedProgram({ stack, file, program, today });
}
