/**
 * What each rule says of each spoilt stack, and of the good one with one value a little changed, word for word: files per rule in
 * `findings`, whose differences show a reviewer what a change of a rule changes.
 * `npm run golden test/policy/findings` writes them.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import type { Verdict } from "../../policies/engine/judge";
import { type Finding, type RuleFacts, support } from "../../policies/engine/rule";
import type { ReviewedComponent } from "../../policies/engine/subject";
import { ASKED } from "./asked";
import { saidAtEdges } from "./edges";
import { verdictOn } from "./examples";
import { goodUnit, goodUnits, hostUnits, putAt, valueAt } from "./fixtures";
import { STACK_REFUSED } from "./spoilt/cloudStack";
import { HOSTS_REFUSED } from "./spoilt/hosts";
import type { Refused } from "./spoilt/spoil";
import { REFUSED } from "./violations";

const HOME = join(__dirname, "findings");

interface Kind {
  readonly rules: readonly RuleFacts[];
  readonly rows: readonly Refused[];
  /** What is judged together with the unit that a row spoils. */
  readonly beside: (unit: string) => readonly ReviewedComponent[];
}

const KINDS: readonly Kind[] = [
  { rules: RULES, rows: REFUSED, beside: (unit) => [goodUnit(unit)] },
  { rules: HOST_RULES, rows: HOSTS_REFUSED, beside: hostUnits },
  { rules: STACK_RULES, rows: STACK_REFUSED, beside: goodUnits },
];

const RULES_WITH_ROWS = KINDS.flatMap(({ rules, rows, beside }) =>
  rules.map((rule) => ({ rule, id: rule.id, beside, rows: rows.filter((row) => row.rule === rule.id) })),
).filter(({ rows }) => rows.length > 0);

describe.each(RULES_WITH_ROWS)("$id", ({ rule, id, beside, rows }) => {
  it("says this and nothing else of each spoilt stack", async () => {
    const said = rows.map((row) => `${row.unit}, ${row.what}:\n${saidOf(rule, row, beside(row.unit))}`);
    const head = `Remedy: ${rule.remedy}\nIt ${support(rule)}`;
    await expect(`${[head, ...said].join("\n\n")}\n`).toMatchFileSnapshot(join(HOME, `${id}.txt`));
  });
});

// It reads everything, and says the same of each: what is rendered is not what the settings say.
const OF_EVERYTHING = "rendered-as-declared";
const ASKED_AT_EDGES = ASKED.filter(({ facts }) => facts.id !== OF_EVERYTHING).map((rule) => ({ rule, id: rule.facts.id }));

describe.each(ASKED_AT_EDGES)("$id", ({ rule, id }) => {
  it("says this and nothing else of small changes of what it reads", async () => {
    const said = saidAtEdges(rule, linesOf);
    await expect(`${["What is not listed passes.", ...said].join("\n")}\n`).toMatchFileSnapshot(join(HOME, "edges", `${id}.txt`));
  });
});

it("no file is left of a rule that is gone", () => {
  const files = (directory: string): readonly string[] => readdirSync(directory).filter((file) => file.endsWith(".txt"));
  const named = (all: readonly { readonly id: string }[]): readonly string[] => all.map(({ id }) => `${id}.txt`).toSorted();
  expect(files(HOME).toSorted()).toEqual(named(RULES_WITH_ROWS));
  expect(files(join(HOME, "edges")).toSorted()).toEqual(named(ASKED_AT_EDGES));
});

function saidOf(rule: RuleFacts, { unit: name, path, spoil }: Refused, units: readonly ReviewedComponent[]): string {
  const unit = units.find((entry) => entry.unit === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  putAt(unit.args, path, spoil(valueAt(unit.args, path)));
  return linesOf(verdictOn(rule, { units }));
}

function linesOf({ violations, unknown }: Verdict): string {
  return [...violations.map(lineOf), ...unknown.map((at) => `${at}: not known`)].map((line) => `  ${stable(line)}`).join("\n");
}

/** A finding without what is the rule's own. */
function lineOf({ at, found, allowed, remedy, controls }: Finding): string {
  const own = [...(remedy === undefined ? [] : [remedy]), ...(controls === undefined ? [] : [support({ controls })])];
  return [`${at}: found ${found}, allowed: ${allowed}`, ...own].join("; ");
}

/** A line without what another file of the plan, or another version of the host programs, would change. */
function stable(line: string): string {
  return line.replace(/\bfiles\.\d+(?=[.: ])/, "files.N").replace(/\b[0-9a-f]{64}\b/g, "<SHA-256>");
}
