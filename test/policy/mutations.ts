/**
 * `npm run policy:mutations`: how many weakenings of rendered files the policies refuse. Each line of each file of the production example
 * is dropped, negated and put out of range, one at a time; lines of harmlessLines.ts are left out. Printed per file, worst first, without
 * and with the rule that renders everything again; `-- PATH` lists what passes of the files whose path has PATH in it.
 */
import { join } from "node:path";
import { member, membersOf } from "../../components/config/unknown";
import { stackModel } from "../../components/containers/model";
import { readStack } from "../../ops/lib/stack";
import { HOST_RULES, RULES } from "../../policies/all";
import { judge, judgeHosts } from "../../policies/engine/judge";
import { appliesTo, type HostRule, type Rule } from "../../policies/engine/rule";
import { type ReviewedComponent, reviewedComponents } from "../../policies/engine/subject";
import { renderedAsDeclared } from "../../policies/rules/rendered-as-declared";
import { HARMLESS_LINES } from "./harmlessLines";

/** A unit with one line of one file other than rendered. */
interface Mutant {
  readonly path: string;
  readonly line: string;
  readonly unit: ReviewedComponent;
}

const OPPOSITES: readonly (readonly [RegExp, string])[] = [
  [/\b(yes|no)\b/, "yes no"],
  [/\b(true|false)\b/, "true false"],
  [/\b(on|off)\b/, "on off"],
  [/\b(DROP|ACCEPT)\b/, "DROP ACCEPT"],
  [/\b(REJECT)\b/, "REJECT ACCEPT"],
  [/\b(none)\b/, "none any"],
  [/\b(required|optional)\b/, "required optional"],
];

/** What a line is turned into; empty where it is dropped. */
function mutations(line: string): readonly string[] {
  const negated = OPPOSITES.map(([pattern, words]) =>
    line.replace(pattern, (word) => words.split(" ").find((other) => other !== word) ?? word),
  );
  const larger = line.replace(/\b\d+\b(?!.*\b\d+\b)/, (number) => String(Number(number) * 1000 + 7));
  const others = [...negated, larger].filter((other) => other !== line);
  return ["", ...new Set(others)];
}

function isHarmless(path: string, line: string): boolean {
  return HARMLESS_LINES.some((harmless) => harmless.path.test(path) && harmless.line.test(line));
}

function* mutantsOf(unit: ReviewedComponent): Generator<Mutant> {
  const files: unknown = member(unit.args, "files");
  if (!Array.isArray(files)) return;
  for (const [index, file] of files.entries()) {
    const path = String(member(file, "path"));
    const [text, texts] = [member(file, "text"), member(file, "texts")];
    const all = typeof text === "string" ? [text] : Array.isArray(texts) ? texts.map(String) : [];
    for (const line of new Set(all.flatMap((one) => one.split("\n"))))
      if (!isHarmless(path, line))
        for (const other of mutations(line)) {
          const changed = all.map((one) =>
            one
              .split("\n")
              .flatMap((each) => (each !== line ? [each] : other === "" ? [] : [other]))
              .join("\n"),
          );
          const spoilt: object = { ...membersOf(file), ...(typeof text === "string" ? { text: changed[0] } : { texts: changed }) };
          yield { path, line: `${line} -> ${other}`, unit: { ...unit, args: { ...unit.args, files: files.with(index, spoilt) } } };
        }
  }
}

/** Whether a rule that lets the host pass as it is refuses it with this unit in place of its own. */
function isRefused({ unit }: Mutant, host: readonly ReviewedComponent[], rules: readonly Rule[], hostRules: readonly HostRule[]): boolean {
  return (
    rules.some((rule) => appliesTo(rule, unit.type) && judge(rule, unit.args).violations.length > 0) ||
    hostRules.some((rule) => {
      const units = host.map((other) => (other.unit === unit.unit ? unit : other));
      return judgeHosts(rule, units).violations.length > 0;
    })
  );
}

interface Count {
  readonly passed: string[];
  all: number;
}

function measure(title: string, rules: readonly Rule[], listed: string | undefined): void {
  const config = readStack(join(__dirname, "../../Pulumi.prod.yaml"));
  const model = stackModel(config);
  const counts = new Map<string, Count>();
  for (const host of config.hosts) {
    const units = reviewedComponents(model, host);
    const hostRules = HOST_RULES.filter((rule) => judgeHosts(rule, units).violations.length === 0);
    for (const unit of units) {
      // One that refuses the unit as it is would count every change of it.
      const passing = rules.filter((rule) => !appliesTo(rule, unit.type) || judge(rule, unit.args).violations.length === 0);
      for (const mutant of mutantsOf(unit)) {
        const key = `${host.name} ${mutant.path}`;
        const count = counts.get(key) ?? { passed: [], all: 0 };
        counts.set(key, count);
        count.all += 1;
        if (!isRefused(mutant, units, passing, hostRules)) count.passed.push(mutant.line);
      }
    }
  }
  const share = ({ passed, all }: Count): number => 1 - passed.length / all;
  const rows = [...counts].toSorted(([, a], [, b]) => b.passed.length - a.passed.length);
  const total: Count = { passed: rows.flatMap(([, { passed }]) => passed), all: rows.reduce((sum, [, { all }]) => sum + all, 0) };
  const row = (name: string, count: Count): string =>
    `${String(count.all - count.passed.length).padStart(6)} of ${String(count.all).padStart(5)}  ${(100 * share(count)).toFixed(0).padStart(3)} %  ${name}`;
  process.stdout.write(`${[title, ...rows.map(([name, count]) => row(name, count)), row("all", total)].join("\n")}\n\n`);
  if (listed !== undefined)
    for (const [name, { passed }] of rows.filter(([key]) => key.includes(listed)))
      process.stdout.write(`${name}\n${passed.map((line) => `  ${line}`).join("\n")}\n`);
}

const MANDATORY = RULES.filter(({ enforcementLevel }) => enforcementLevel === "mandatory");
const independent = MANDATORY.filter(({ id }) => id !== renderedAsDeclared.id);
measure("The rules without rendered-as-declared:", independent, process.argv[2]);
if (process.argv[2] === undefined) measure("With rendered-as-declared:", MANDATORY, undefined);
