/** Thresholds that a stack configures: each rule that has one, at its strictest; and that Pulumi and the gate hold the same. */
import { describe, expect, it } from "vitest";
import { RULES } from "../../policies/all";
import { judge } from "../../policies/engine/judge";
import type { Rule } from "../../policies/engine/rule";
import { configSchemaOf, thresholdFaults, thresholdOf } from "../../policies/engine/thresholds";
import { toPolicies } from "../../policies/engine/toPolicies";
import { goodUnit, putAt } from "./fixtures";

/** A value that passes as long as nothing is configured, and the number that refuses it. */
interface Row {
  readonly rule: string;
  readonly name: string;
  readonly unit: string;
  readonly path: string;
  readonly value: unknown;
  readonly configured: number;
}

const KEPT = [{ enabled: true, noncurrentVersionExpiration: { days: 40 } }];
const ROWS: readonly Row[] = [
  { rule: "bucket-keeps-versions", name: "days", unit: "raw-bucket", path: "lifecycleRules", value: KEPT, configured: 41 },
  {
    rule: "registry-credentials-limited",
    name: "expirySeconds",
    unit: "raw-registry-credentials",
    path: "expirySeconds",
    value: 7200,
    configured: 7199,
  },
  { rule: "certificates-renewed", name: "days", unit: "certificates", path: "settings.sites.0.days", value: 90, configured: 89 },
  {
    rule: "certificates-renewed",
    name: "renewBeforeDays",
    unit: "certificates",
    path: "settings.sites.0.renewBeforeDays",
    value: 20,
    configured: 21,
  },
  { rule: "backup-restore-tested", name: "days", unit: "backup", path: "settings.keep.days", value: 40, configured: 41 },
  { rule: "backup-restore-tested", name: "last", unit: "backup", path: "settings.keep.last", value: 10, configured: 11 },
  { rule: "vault-append-only", name: "days", unit: "vault", path: "settings.keep.days", value: 40, configured: 41 },
  { rule: "vault-append-only", name: "last", unit: "vault", path: "settings.keep.last", value: 10, configured: 11 },
  {
    rule: "records-kept-six-years",
    name: "retentionYears",
    unit: "records",
    path: "settings.retentionYears",
    value: 7,
    configured: 8,
  },
  { rule: "records-watched", name: "silentMinutes", unit: "records", path: "settings.silentMinutes", value: 30, configured: 29 },
];

const WITH_THRESHOLDS = RULES.flatMap((rule) => Object.keys(rule.thresholds ?? {}).map((name) => ({ rule, name })));

function ruleOf(id: string): Rule {
  const rule = RULES.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

describe("a threshold", () => {
  it("is tested here wherever a rule has one", () => {
    const all = WITH_THRESHOLDS.map(({ rule, name }) => `${rule.id}.${name}`);
    expect(all.sort()).toEqual(ROWS.map(({ rule, name }) => `${rule}.${name}`).sort());
  });

  it.each(ROWS)(
    "$name of $rule refuses, once it is configured, what passed before",
    ({ rule: id, name, unit, path, value, configured }) => {
      const rule = ruleOf(id);
      const { args } = goodUnit(unit);
      putAt(args, path, value);
      const found = (set: Record<string, unknown>) => judge(rule, args, new Map(), { configured: set }).violations.map(({ at }) => at);
      const before = found({});
      expect(before.filter((at) => at.startsWith(path))).toEqual([]);
      // What is rendered is judged as well.
      const more = found({ [name]: configured }).filter((at) => !before.includes(at));
      expect(more.some((at) => at.startsWith(path))).toBe(true);
      expect(more.filter((at) => at.startsWith("policy-config"))).toEqual([]);
    },
  );

  it.each(WITH_THRESHOLDS)("$name of $rule.id can be made stricter and not weaker", ({ rule, name }) => {
    const threshold = rule.thresholds?.[name];
    expect([threshold?.minimum, threshold?.maximum]).toContain(threshold?.default);
    expect(threshold?.minimum).toBeLessThan(threshold?.maximum ?? 0);
  });
});

describe("a value that nobody may set", () => {
  const known = { days: { description: "days", default: 30, minimum: 30, maximum: 60 } };

  it.each([
    [{ days: 29 }, "policy-config.x.days: found 29, allowed: a whole number, 30 to 60"],
    [{ days: 61 }, "policy-config.x.days: found 61, allowed: a whole number, 30 to 60"],
    [{ days: 30.5 }, "policy-config.x.days: found 30.5, allowed: a whole number, 30 to 60"],
    [{ days: "hunter2" }, "policy-config.x.days: found what is not a number, allowed: a whole number, 30 to 60"],
    [{ hunter2: 1 }, "policy-config.x: found a key more, allowed: days"],
    [{ constructor: 1 }, "policy-config.x: found a key more, allowed: days"],
  ])("%j is refused in words that repeat no text, and the default holds", (configured, words) => {
    const faults = thresholdFaults(known, configured, "policy-config.x");
    expect(faults.map(({ at, found, allowed }) => `${at}: found ${found}, allowed: ${allowed}`)).toEqual([words]);
    expect(thresholdOf(known, "days", configured)).toBe(30);
  });

  it("is a violation of the rule itself in Pulumi's engine", () => {
    const rule = ruleOf("bucket-keeps-versions");
    const { violations } = judge(rule, goodUnit("raw-bucket").args, new Map(), { configured: { weeks: 4 } });
    expect(violations.map(({ at, found }) => `${at}: ${found}`)).toEqual(["policy-config.bucket-keeps-versions: a key more"]);
  });
});

describe("the policies of the pack", () => {
  it("have the bounds in their schema, and are handed what is set", () => {
    const policies = toPolicies({ rules: RULES, hostRules: [], stackRules: [] });
    for (const { rule, name } of WITH_THRESHOLDS) {
      const schema = policies.find((policy) => policy.name === rule.id)?.configSchema;
      expect(schema?.properties[name]).toMatchObject({ type: "integer", minimum: rule.thresholds?.[name]?.minimum });
    }
    expect(configSchemaOf({ days: { description: "days", default: 30, minimum: 30, maximum: 60 } })).toEqual({
      properties: { days: { type: "integer", description: "days", default: 30, minimum: 30, maximum: 60 } },
    });
  });
});
