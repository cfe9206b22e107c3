/**
 * What each rule says of each spoilt stack, and of the good one with one value a little changed, word for word: files per rule in
 * `findings`, whose differences show a reviewer what a change of a rule changes.
 * `npm run golden test/policy/findings` writes them.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { support } from "../../policies/engine/rule";
import { ASKED } from "./asked";
import { saidAtEdges } from "./edges";
import { linesOf, RULES_WITH_ROWS, saidOf } from "./said";

const HOME = join(__dirname, "findings");

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
