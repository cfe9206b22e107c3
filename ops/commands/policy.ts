/** `phiward policy`: judges a stack's configuration by the policies, without engine, token or network. */
import type { StackConfig } from "../../components/config/schema";
import { stackModel } from "../../components/containers/model";
import { HOST_RULES, RULES } from "../../policies/all";
import { judge, judgeHosts, type Verdict } from "../../policies/engine/judge";
import { appliesTo, type Rule, type RuleFacts, sentence } from "../../policies/engine/rule";
import { reviewedComponents } from "../../policies/engine/subject";
import type { Facts } from "../../policies/readers/value";
import { report } from "../lib/command";
import { counted, findingLines, type GateFinding, inAll, isRefused } from "../lib/findings";
import { stackFile } from "../lib/project";
import { readStack } from "../lib/stack";

/** Everything the rules say of a stack, and how often they were asked. */
export interface GateResult {
  readonly hosts: number;
  readonly units: number;
  readonly rules: number;
  readonly judgements: number;
  readonly findings: readonly GateFinding[];
}

/** Judges each component that the program would register for this configuration, and those of each host together. */
export function judgeStack(config: StackConfig, rules: readonly Rule[] = RULES): GateResult {
  const model = stackModel(config);
  const units = config.hosts.flatMap((host) => reviewedComponents(model, host));
  const asked = units.flatMap((unit) => {
    const facts: Facts = new Map();
    return rules.filter((rule) => appliesTo(rule, unit.type)).map((rule) => ({ unit, rule, facts }));
  });
  return {
    hosts: config.hosts.length,
    units: units.length,
    rules: rules.length + HOST_RULES.length,
    judgements: asked.length + config.hosts.length * HOST_RULES.length,
    findings: [
      ...asked.flatMap(({ unit, rule, facts }) => findings(`${unit.host}/${unit.unit}`, rule, judge(rule, unit.args, facts))),
      ...HOST_RULES.flatMap((rule) => findings("stack", rule, judgeHosts(rule, units))),
    ],
  };
}

/** The findings, each with its place, rule, severity and sentence, and a line that sums up. */
export function gateReport(stack: string, { hosts, units, rules, judgements, findings }: GateResult): string {
  const asked = `${counted(rules, "rule")}, ${counted(hosts, "host")}, ${counted(units, "unit")}, ${counted(judgements, "judgement")}`;
  return [...findingLines(findings), ...unknownLines(findings), `${stack}: ${asked}: ${inAll(findings)}`, ""].join("\n");
}

// What is unknown until deployment is so in every unit of a host: it is listed once.
function unknownLines(findings: readonly GateFinding[]): readonly string[] {
  const places = new Map<string, Set<string>>();
  for (const { where, unknown } of findings) {
    if (unknown === undefined) continue;
    const [host = "", unit = host] = where.split("/");
    const key = `${host}  ${unknown}`;
    places.set(key, (places.get(key) ?? new Set()).add(unit));
  }
  return [...places].map(([key, units]) => `${key}: unknown until deployment; not evaluated (${counted(units.size, "unit")})\n`);
}

function findings(where: string, rule: RuleFacts, { violations, unknown }: Verdict): readonly GateFinding[] {
  return [
    ...violations.map((finding): GateFinding => ({ where, rule, level: rule.enforcementLevel, message: sentence(rule, finding) })),
    ...unknown.map(
      (path): GateFinding => ({
        where,
        rule,
        level: "advisory",
        message: `${path}: unknown until deployment; not evaluated`,
        unknown: path,
      }),
    ),
  ];
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
export async function policyCommand({ stack, program, quick, json }: PolicyOptions): Promise<number> {
  const file = stackFile(stack, program);
  const named = { stack, cwd: program, judging: true };
  if (quick === true) {
    const result = judgeStack(readStack(file, named));
    report(json, { stack, ...result }, gateReport(stack, result).trimEnd());
    return isRefused(result) ? 1 : 0;
  }
  const { judgedProgram, programReport } = await import("../lib/verdict.js");
  const result = judgedProgram({ stack, file, program });
  report(json, { stack, ...result }, programReport(stack, result).trimEnd());
  return isRefused(result) ? 1 : 0;
}
