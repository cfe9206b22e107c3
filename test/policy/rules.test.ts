/** Each rule lets a good stack pass and refuses each spoilt one, asked directly and through Pulumi's own analysis. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { analyze } from "../../policies/engine/analyze";
import { judge } from "../../policies/engine/judge";
import { appliesTo, type Rule, remedyOf, sentence, support } from "../../policies/engine/rule";
import { about, goodUnit, goodUnits, putAt, resource, stackWith, valueAt } from "./fixtures";
import { ALLOWED, REFUSED } from "./violations";

function ruleOf(id: string): Rule {
  const rule = RULES.find((entry) => entry.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

describe("a good stack", () => {
  it("passes every rule on every unit, with nothing unknown", () => {
    for (const unit of goodUnits())
      for (const rule of RULES.filter((entry) => appliesTo(entry, unit.type)))
        expect(judge(rule, unit.args)).toEqual({ violations: [], unknown: [] });
  });

  it("gives no diagnostic through Pulumi's own analysis", async () => {
    expect(await analyze(stackWith(goodUnit("ssh")))).toEqual([]);
  });
});

describe.each(RULES.map((rule) => ({ rule, id: rule.id })))("$id", ({ rule, id }) => {
  const violations = REFUSED.filter((violation) => violation.rule === id);

  it("judges at least one unit of a good stack", () => {
    expect(goodUnits().filter((unit) => appliesTo(rule, unit.type)).length).toBeGreaterThan(0);
  });

  // One judges an option, and no value: placed.test.ts.
  it.skipIf(id === "changes-not-ignored")("has a stack that it refuses", () => {
    expect(violations.length).toBeGreaterThan(0);
  });

  it.each(violations)("refuses when $what, and passes when that is put right", ({ unit: name, path, spoil, says }) => {
    const unit = goodUnit(name);
    const good = valueAt(unit.args, path);
    putAt(unit.args, path, spoil(structuredClone(good)));
    const found = judge(rule, unit.args).violations.map((finding) => ({
      message: sentence(rule, finding),
      controls: about(rule, finding),
      remedy: remedyOf(rule, finding),
    }));
    expect(found.map(({ message }) => message).join("\n")).toContain(says);
    for (const { message, controls, remedy } of found) expect(message.endsWith(`; ${remedy} (${support({ controls })})`)).toBe(true);

    putAt(unit.args, path, good);
    expect(judge(rule, unit.args)).toEqual({ violations: [], unknown: [] });
  });

  it.each(violations)(
    "says so through Pulumi's own analysis, and stops a deploy if it is mandatory, when $what",
    async ({ unit: name, path, spoil, says }) => {
      const unit = goodUnit(name);
      putAt(unit.args, path, spoil(valueAt(unit.args, path)));
      const found = (await analyze([resource(unit)])).filter(({ policy }) => policy === id);
      expect(found.map(({ message }) => message).join("\n")).toContain(says);
      for (const { level, urn } of found) expect({ level, urn }).toEqual({ level: rule.enforcementLevel, urn: resource(unit).urn });
    },
  );
});

describe("what is at the edge", () => {
  it.each(ALLOWED)("$rule lets it pass when $what", ({ rule, unit: name, path, spoil }) => {
    const unit = goodUnit(name);
    putAt(unit.args, path, spoil(valueAt(unit.args, path)));
    expect(judge(ruleOf(rule), unit.args)).toEqual({ violations: [], unknown: [] });
  });
});

describe("a finding about one of several controls", () => {
  it("cites the law by that one: a content security policy decides which programs run", () => {
    const unit = goodUnit("nginx");
    putAt(
      unit.args,
      "settings.sites.0.contentSecurityPolicy",
      "default-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const rule = ruleOf("nginx-security-headers");
    const [finding, ...others] = judge(rule, unit.args).violations;
    expect(others).toEqual([]);
    expect(finding === undefined ? "" : sentence(rule, finding)).toContain("(supports 164.312(a)(1), 164.312(c)(1))");
  });
});

describe("what is advisory", () => {
  // One of our containers without a limit, as the engine shows it, and the component that it belongs to.
  const child = goodUnit("raw-child");
  putAt(child.args, "memory", undefined);
  const analyzed = async (parents: string): Promise<readonly string[]> =>
    (await analyze([{ ...resource(child), urn: `urn:pulumi:test::phiward::${parents}${child.type}::web1-services-api` }])).map(
      ({ policy }) => policy,
    );

  it("is said of a component and not of what it makes again", async () => {
    expect(await analyzed("phiward:docker:Services$")).not.toContain("container-limits-enforced");
  });

  it("is said of what belongs to no component that is judged", async () => {
    expect(await analyzed("")).toContain("container-limits-enforced");
    expect(await analyzed("other:docker:Services$")).toContain("container-limits-enforced");
  });
});

describe("the rules", () => {
  const directory = join(__dirname, "../../policies/rules");

  it("are the files in policies/rules, each by the name of its file and in order", () => {
    const files = readdirSync(directory).map((file) => basename(file, ".ts"));
    expect([...RULES, ...HOST_RULES, ...STACK_RULES].map(({ id }) => id).sort()).toEqual(files.sort());
    expect(RULES.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id).sort());
  });

  it("know nothing of Pulumi, so that the gate runs them without it", () => {
    for (const file of readdirSync(directory)) expect(readFileSync(join(directory, file), "utf8")).not.toContain("@pulumi/");
  });

  it.each([...RULES, ...HOST_RULES, ...STACK_RULES].map((rule) => ({ rule, id: rule.id })))(
    "$id describes itself in a sentence and begins its remedy in lowercase",
    ({ rule }) => {
      expect(rule.description).toMatch(/^([A-Z]|fail2ban|nginx).*\.$/);
      expect(rule.remedy).toMatch(/^[a-z].*[^.]$/);
    },
  );

  it("have fixtures that name no rule that is gone", () => {
    for (const { rule } of [...REFUSED, ...ALLOWED]) expect(ruleOf(rule).id).toBe(rule);
  });
});
