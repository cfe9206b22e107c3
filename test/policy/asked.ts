/** A rule of whichever kind, asked of the good stack with one value of one unit changed. */
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { judge, judgeHosts, judgeResources, type Verdict } from "../../policies/engine/judge";
import { appliesTo, type HostRule, type Rule, type RuleFacts, type StackRule } from "../../policies/engine/rule";
import type { ReviewedComponent } from "../../policies/engine/subject";
import { DROPLET } from "../../policies/readers/droplets";
import { goodUnits, hostUnits, putAt, resource } from "./fixtures";
import { watched } from "./watched";

/** A place in the good stack: a unit, and the path of a value. */
export type ReadPlace = readonly [unit: string, path: string];

/** A rule, with what it reads of the good stack. */
export interface AskedRule {
  readonly facts: RuleFacts;
  /** Units that it judges. */
  readonly units: readonly string[];
  readonly reads: readonly ReadPlace[];
  /** What it says of the good stack with another value at a place. */
  readonly with: (place: ReadPlace, value: unknown) => Verdict;
  /** What it says of the good stack without a unit. */
  readonly without: (unit: string) => Verdict;
}

type Judge = (units: readonly ReviewedComponent[]) => Verdict;

// Copied where a value of it is changed.
const GOOD = goodUnits();

/** All rules. */
export const ASKED: readonly AskedRule[] = [...RULES.map(ofUnits), ...HOST_RULES.map(ofHost), ...STACK_RULES.map(ofStack)];

function ofUnits(rule: Rule): AskedRule {
  const units = GOOD.filter(({ type }) => appliesTo(rule, type));
  return asked(rule, units, (all) => {
    const verdicts = all.map(({ type, args }) => judge(rule, args, undefined, { type }));
    return { violations: verdicts.flatMap(({ violations }) => violations), unknown: verdicts.flatMap(({ unknown }) => unknown) };
  });
}

// Of droplets a rule of its own speaks: this one leaves a host that is one alone.
function ofHost(rule: HostRule): AskedRule {
  const isForDroplets = rule.id !== "backup-off-site";
  const units = hostUnits().filter(({ type }) => isForDroplets || type !== DROPLET);
  return asked(rule, units, (all) => judgeHosts(rule, all));
}

function ofStack(rule: StackRule): AskedRule {
  return asked(rule, GOOD, (all) =>
    judgeResources(
      rule,
      // A copy of what is watched would read all of it.
      all.map((unit) => ({ ...resource({ ...unit, args: {} }), args: unit.args, references: {} })),
    ),
  );
}

function asked(facts: RuleFacts, units: readonly ReviewedComponent[], ask: Judge): AskedRule {
  let reads: readonly ReadPlace[] | undefined;
  return {
    facts,
    units: units.map(({ unit }) => unit),
    // Found when a test asks: one that is about a single rule need not wait for all.
    get reads() {
      reads ??= readsOf(units, ask);
      return reads;
    },
    without: (name) => ask(units.filter(({ unit }) => unit !== name)),
    with: ([name, path], value) => ask(units.map((unit) => (unit.unit === name ? changed(unit, path, value) : unit))),
  };
}

function readsOf(units: readonly ReviewedComponent[], ask: Judge): readonly ReadPlace[] {
  const reads = new Map<string, ReadPlace>();
  const told = (unit: string) => (path: string) => void reads.set(`${unit} ${path}`, [unit, path]);
  ask(units.map((unit) => ({ ...unit, args: Object(watched(unit.args, told(unit.unit))) as object })));
  return [...reads.values()];
}

function changed(unit: ReviewedComponent, path: string, value: unknown): ReviewedComponent {
  const args = structuredClone(unit.args);
  putAt(args, path, value);
  return { ...unit, args };
}
