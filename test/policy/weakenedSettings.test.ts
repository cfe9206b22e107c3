/** `Pulumi.prod.yaml` with one setting weakened is refused, each by its rule and clause or by the schema; as it is, it is clean. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "../../components/config/faults";
import { judgeStack } from "../../ops/commands/policy";
import { stopsDeploy } from "../../ops/lib/record";
import { readStack, readStackFile } from "../../ops/lib/stack";
import { support } from "../../policies/engine/rule";
import { putAt, valueAt } from "./fixtures";
import { saidTwice } from "./saidTwice";
import { BY_RULE, BY_SCHEMA } from "./weakened/settings";

const PATH = join(__dirname, "../../Pulumi.prod.yaml");
const FILE = readStackFile(PATH);

/** The file's values with another one at a path; sections and lists on the way to it are made where the file leaves them out. */
function weakened(path: string, value: unknown): unknown {
  const values = structuredClone(FILE);
  const keys = path.split(".");
  for (const [depth] of keys.slice(1).entries()) {
    const holder = keys.slice(0, depth + 1).join(".");
    if (valueAt(values, holder) === undefined) putAt(values, holder, {});
  }
  putAt(values, path, value);
  return values;
}

describe("the reference for production, as it is", () => {
  it("has no violation, and nothing is said of it twice", () => {
    const record = judgeStack("prod", readStack(PATH));
    expect(record.results.filter(stopsDeploy)).toEqual([]);
    expect(saidTwice(record)).toEqual([]);
  });

  // The one rule that it does not meet is waived beside it.
  it("is not alone in that: the example of a clinic has none but what it waives", () => {
    const secrets = { "mail-key": "a key of the mail provider", "version-key": "a text that tells versions of keys apart" };
    const clinic = readStack(join(__dirname, "../../examples/clinic/Pulumi.clinic.yaml"), { stack: "clinic", secrets });
    const refusing = judgeStack("clinic", clinic).results.filter(stopsDeploy);
    expect([...new Set(refusing.map(({ rule }) => rule.id))]).toEqual(["nginx-styles-not-inline"]);
  });
});

describe("a weakened setting", () => {
  it.each(BY_RULE)("%s: %j is refused by %s, for %s", (path, value, rule, clause) => {
    const refusals = judgeStack("prod", parseConfig(weakened(path, value))).results.filter(stopsDeploy);
    const found = refusals.find((result) => result.rule.id === rule);
    expect(refusals.map((result) => result.rule.id)).toContain(rule);
    expect(found === undefined ? "" : support(found.rule)).toContain(clause);
  });

  it.each(BY_SCHEMA)("%s: %j is refused by the schema, with its path", (path, value, says) => {
    const faults = (): readonly string[] => {
      try {
        parseConfig(weakened(path, value));
      } catch (error) {
        if (error instanceof ConfigError) return error.faults;
      }
      return [];
    };
    expect(faults().filter((fault) => fault.includes(says) && / found .+, allowed: /.test(fault))).toHaveLength(1);
  });
});
