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
import { report } from "../lib/command";
import { stackFile } from "../lib/project";
import { isRefused, type Judged, type PolicyRecord, resultsOf } from "../lib/record";
import { recordText } from "../lib/recordText";
import { readStack } from "../lib/stack";
import { type StackWaivers, stackWaivers, UNWAIVED, withWaivers } from "../lib/waivers";

/** Judges each component that the program would register for this configuration, and those of each host together. */
export function judgeStack(
  stack: string,
  config: StackConfig,
  rules: readonly Rule[] = RULES,
  waivers: StackWaivers = UNWAIVED,
): PolicyRecord {
  const model = stackModel(config);
  const units = config.hosts.flatMap((host) => reviewedComponents(model, host));
  const asked = units.flatMap((unit): Judged[] => {
    const facts: Facts = new Map();
    const place = { where: `${unit.host}/${unit.unit}` };
    return rules.filter((rule) => appliesTo(rule, unit.type)).map((rule) => ({ rule, place, ...judge(rule, unit.args, facts) }));
  });
  const together = HOST_RULES.flatMap((rule) =>
    judgeEachHost(rule, units).map(({ host, ...verdict }): Judged => ({ rule, place: { where: host ?? "stack" }, ...verdict })),
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

/** Options of `phiward policy`. */
export interface PolicyOptions {
  readonly stack: string;
  /** Directory of the project whose program is judged; default: phiward's own. */
  readonly program?: string;
  /** Judges the configuration, and not what the program makes of it. */
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** `phiward policy`. */
export async function policyCommand(options: PolicyOptions): Promise<number> {
  const record = await recordOf(options);
  report(options.json, record, recordText(record));
  return isRefused(record) ? 1 : 0;
}

async function recordOf({ stack, program, quick }: PolicyOptions): Promise<PolicyRecord> {
  const file = stackFile(stack, program);
  const today = utcDay(new Date());
  if (quick === true) {
    const config = readStack(file, { stack, cwd: program, judging: true });
    return judgeStack(stack, config, RULES, stackWaivers(file, today, config));
  }
  const { judgedProgram } = await import("../lib/verdict.js");
  return judgedProgram({ stack, file, program, today });
}
