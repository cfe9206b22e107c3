/** The page of each rule: its examples are judged as it says, and no page is missing, out of date, or of a rule that is gone. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultsOfPages, pages, sourceOf } from "../../ops/commands/docs";
import { rulePages, whyIn } from "../../ops/lib/rulePages";
import { ALL_RULES, HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { toPolicies } from "../../policies/engine/toPolicies";
import { changeOf, exampleOf, verdictOn } from "./examples";

const ROOT = join(__dirname, "../..");

const PAGES = pages();

describe.each(ALL_RULES.map((rule) => ({ rule, id: rule.id })))("the page of $id", ({ rule, id }) => {
  const text = readFileSync(join(ROOT, `docs/rules/${id}.md`), "utf8");
  const change = changeOf(rule);
  const example = exampleOf(rule);

  it("has a good example, which the rule lets pass", () => {
    expect(text).toContain(change.good);
    expect(verdictOn(rule, change.before).violations).toEqual([]);
  });

  it("has a bad example, which the rule refuses in the words that stand there", () => {
    expect(change.bad).not.toBe(change.good);
    expect(text).toContain(change.bad);
    expect(example.says.length).toBeGreaterThan(0);
    const [first = ""] = example.says;
    expect(text).toContain(first);
  });

  it("says why, what to do, and how much it matters", () => {
    expect(text).toContain(whyIn(readFileSync(join(ROOT, sourceOf(rule)), "utf8"), id));
    expect(text.toLowerCase()).toContain(`${rule.remedy.toLowerCase()}.`);
    expect(text).toContain(`| Severity | ${rule.severity} |`);
    expect(text).toContain(`| Level | ${rule.enforcementLevel}: `);
    for (const control of rule.controls) expect(text).toContain(`${control} (`);
  });
});

describe("the generated pages", () => {
  it("are current, and there are no others", () => {
    expect(faultsOfPages(ROOT, PAGES)).toEqual([]);
  });

  it("are found out where they are old, missing, or of a rule that is gone", () => {
    const directory = mkdtempSync(join(tmpdir(), "phiward-"));
    try {
      const wanted = new Map([
        ["docs/rules/old.md", "new\n"],
        ["docs/rules/good.md", "good\n"],
        ["docs/rules/missing.md", "missing\n"],
      ]);
      for (const [path, text] of [
        ["docs/rules/old.md", "old\n"],
        ["docs/rules/good.md", "good\n"],
        ["docs/rules/gone.md", "gone\n"],
      ] as const) {
        mkdirSync(join(directory, dirname(path)), { recursive: true });
        writeFileSync(join(directory, path), text);
      }
      expect(faultsOfPages(directory, wanted)).toEqual([
        "docs/rules/old.md: out of date",
        "docs/rules/missing.md: not there",
        "docs/rules/gone.md: found a page of a rule that is gone",
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("are where Pulumi is told that they are", () => {
    const named = toPolicies({ rules: RULES, hostRules: HOST_RULES, stackRules: STACK_RULES }).filter(({ url }) => url !== undefined);
    expect(named.length).toBeGreaterThanOrEqual(RULES.length + HOST_RULES.length + STACK_RULES.length);
    for (const { name, url } of named) expect(url).toBe(`docs/rules/${name}.md`);
    for (const { url = "" } of named) expect(PAGES.has(url)).toBe(true);
  });
});

describe("a page", () => {
  it("says which settings decide its rule, and that it may not be waived, where that is so", () => {
    const rule = ALL_RULES.find(({ notWaivable }) => notWaivable === undefined);
    if (rule === undefined) throw new Error("no rule that may be waived");
    const shown = (more: object): string =>
      rulePages([{ rule: { ...rule, ...more }, why: "Why.", settings: ["publicPorts[]"], example: exampleOf(rule) }]).get(
        `docs/rules/${rule.id}.md`,
      ) ?? "";
    expect(shown({})).toContain("| Decided by | `publicPorts[]` |");
    expect(shown({})).toContain("| May be waived | yes |");
    expect(shown({ notWaivable: "the data would be public" })).toContain("| May be waived | no: the data would be public |");
  });
});

describe("why there is a rule", () => {
  it("is what stands above it in its file", () => {
    const two =
      '/** One.\n * Two. */\nexport const x: HostRule = {\n  id: "x",\n};\n/** Three. */\nexport const y: RuleFacts = {\n  id: "y",';
    expect(whyIn(two, "x")).toBe("One. Two.");
    expect(whyIn(two, "y")).toBe("Three.");
    expect(() => whyIn('export const x: Rule = {\n  id: "x"', "x")).toThrow("x: found no comment above the rule");
    expect(() => whyIn('/** Of another. */\nconst a = 1;\n\nexport const x: Rule = {\n  id: "x"', "x")).toThrow("found no comment");
  });
});
