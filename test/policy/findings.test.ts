/**
 * What each rule says of each spoilt stack, word for word: a file per rule in `findings`, which a reviewer reads like a page.
 * `npm run golden test/policy/findings` writes them.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { type Finding, type RuleFacts, support } from "../../policies/engine/rule";
import type { ReviewedComponent } from "../../policies/engine/subject";
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
  it("says this and no more of each spoilt stack", async () => {
    const said = rows.map((row) => `${row.unit}, ${row.what}:\n${saidOf(rule, row, beside(row.unit))}`);
    const head = `Remedy: ${rule.remedy}\nIt ${support(rule)}`;
    await expect(`${[head, ...said].join("\n\n")}\n`).toMatchFileSnapshot(join(HOME, `${id}.txt`));
  });
});

it("no file is left of a rule that is gone", () => {
  const known = RULES_WITH_ROWS.map(({ id }) => id);
  expect(readdirSync(HOME).map((file) => basename(file, ".txt"))).toEqual(known.toSorted());
});

function saidOf(rule: RuleFacts, { unit: name, path, spoil }: Refused, units: readonly ReviewedComponent[]): string {
  const unit = units.find((entry) => entry.unit === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  putAt(unit.args, path, spoil(valueAt(unit.args, path)));
  const { violations, unknown } = verdictOn(rule, { units });
  return [...violations.map(lineOf), ...unknown.map((at) => `${at}: not known`)].map((line) => `  ${stable(line)}`).join("\n");
}

/** A finding without what is the rule's own. */
function lineOf({ at, found, allowed, remedy, controls }: Finding): string {
  const own = [...(remedy === undefined ? [] : [remedy]), ...(controls === undefined ? [] : [support({ controls })])];
  return [`${at}: found ${found}, allowed: ${allowed}`, ...own].join("; ");
}

/** A line without what another file of the plan, or another version of the host programs, would change. */
function stable(line: string): string {
  return line.replace(/^files\.\d+ \(/, "files (").replace(/\b[0-9a-f]{64}\b/g, "<SHA-256>");
}
