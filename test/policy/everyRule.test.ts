/** The table of all rules: each has what it refuses, and judges a value that is absent, unknown, of the wrong kind, or a secret. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ALL_RULES, HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { sentence } from "../../policies/engine/rule";
import { toPolicies } from "../../policies/engine/toPolicies";
import { UNKNOWN } from "../../policies/readers/value";
import { ASKED } from "./asked";
import { RULE_IDS } from "./ruleIds";
import { STACK_REFUSED } from "./spoilt/cloudStack";
import { HOSTS_REFUSED } from "./spoilt/hosts";
import { REFUSED } from "./violations";

const SECRET = "Tr0ub4dor-hunter2";

/** Rules that are refused by tests of their own, since no one value of the good stack is at fault: the file, and words of the test. */
const BAD_ELSEWHERE: Readonly<Record<string, readonly [string, string]>> = {
  "hosts-have-every-unit": ["hosts.test.ts", "stops a deploy through Pulumi's own analysis when a host has no $type"],
  "backup-off-site": ["hosts.test.ts", "refuses a server whose backups go nowhere else"],
  "changes-not-ignored": ["placed.test.ts", 'describe("changes that are ignored"'],
  "cloud-types-reviewed": ["cloud.test.ts", "refuses what is unfit, and what nobody has looked at"],
  "provider-packages-reviewed": ["cloud.test.ts", 'describe("provider-packages-reviewed"'],
  "database-logs-kept-elsewhere": ["cloud.test.ts", '["database-logs-kept-elsewhere", ["raw-log-sink", "raw-search-sink"]'],
};

/** Rules that miss nothing in the good stack where a single value is taken away, and why. */
const NOTHING_ABSENT: Readonly<Record<string, string>> = {
  "cloud-types-reviewed": "it judges the types of resources, which are never absent",
  "provider-packages-reviewed": "as cloud-types-reviewed",
  "cloud-provider-own-endpoint": "the addresses are DigitalOcean's own where they are left out",
  "changes-not-ignored": "it judges an option, which refuses nothing where it is absent",
};

/** Rules that read no value of a resource, and why. */
const READS_NOTHING: Readonly<Record<string, string>> = {
  "cloud-types-reviewed": "it judges the types of resources",
  "changes-not-ignored": "it judges an option of resources",
  "provider-packages-reviewed": "as cloud-types-reviewed",
};

const SPOILT = new Set([...REFUSED, ...HOSTS_REFUSED, ...STACK_REFUSED].map(({ rule }) => rule));

describe.each(ASKED.map((rule) => ({ rule, id: rule.facts.id })))("$id", ({ rule, id }) => {
  it("judges something of the good stack", () => {
    expect(rule.units.length).toBeGreaterThan(0);
    if (READS_NOTHING[id] === undefined) expect(rule.reads.length).toBeGreaterThan(0);
  });

  it("has a bad example", () => {
    const [file, words] = BAD_ELSEWHERE[id] ?? [];
    if (file === undefined || words === undefined) expect(SPOILT, `no row of test/policy/spoilt/ is refused by ${id}`).toContain(id);
    else expect(readFileSync(join(__dirname, file), "utf8")).toContain(words);
  });

  it("refuses the absence of something that it reads", () => {
    const missed = rule.reads.some((place) => rule.with(place, undefined).violations.length > 0);
    expect({ id, missed }).toEqual({ id, missed: NOTHING_ABSENT[id] === undefined });
  });

  it.runIf(READS_NOTHING[id] === undefined)("refuses a value of the wrong kind, and tells of one that is unknown", () => {
    expect(rule.reads.some((place) => rule.with(place, Number.NaN).violations.length > 0)).toBe(true);
    expect(rule.reads.some((place) => rule.with(place, UNKNOWN).unknown.length > 0)).toBe(true);
  });

  it("repeats no secret that stands in place of a value", () => {
    const messages = rule.reads.flatMap((place) => rule.with(place, SECRET).violations.map((finding) => sentence(rule.facts, finding)));
    expect(messages.join("\n")).not.toContain(SECRET);
  });
});

describe("what operators know rules by", () => {
  const ids = ALL_RULES.map(({ id }) => id).sort();

  it("stays: a rule that is renamed or gone is said to be", () => {
    for (const id of RULE_IDS)
      expect(
        ids,
        `${id} is gone or renamed. Waivers, reports and the configuration of packs name it, so leave it if you can. Otherwise take it out of test/policy/ruleIds.ts, and write a changelog fragment of the kind "removed" that names the old id and the one to put in its place`,
      ).toContain(id);
  });

  it("is listed: a new rule is added to the list", () => {
    for (const id of ids) expect(RULE_IDS, `${id} is new: add it to test/policy/ruleIds.ts, in order; from then on it stays`).toContain(id);
    expect(RULE_IDS).toEqual([...RULE_IDS].sort());
  });

  it("is the name of a policy of its own, which the configuration of the pack sets", () => {
    const names = toPolicies({ rules: RULES, hostRules: HOST_RULES, stackRules: STACK_RULES }).map(({ name }) => name);
    const companions = ["unknown-values", "unknown-values-of-hosts", "unknown-values-of-the-stack"];
    const own = ASKED.map(({ facts }) => facts.id);
    expect(names.toSorted()).toEqual([...own, ...companions].sort());
    for (const name of names) expect(name).toMatch(/^(?!all$)[a-z0-9]+(-[a-z0-9]+)*$/);
  });
});
