/** What a stack sets of the rules' thresholds, in its file beside the others. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { policyConfig, policyConfigBeside, policyConfigOption } from "../../../../ops/lib/policyConfig";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function fileWith(text?: string): string {
  const directory = mkdtempSync(join(tmpdir(), "phiward-config-"));
  directories.push(directory);
  if (text !== undefined) writeFileSync(join(directory, "policy-config.prod.json"), text);
  return join(directory, "Pulumi.prod.yaml");
}

function refusal(text: string): string {
  try {
    policyConfig(fileWith(text));
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(/^.*\/(?=policy-config)/gm, "") : String(error);
  }
  return "";
}

describe("the thresholds of a stack", () => {
  it("are those of the rules where it has no file, and Pulumi is told of none", () => {
    expect(policyConfig(fileWith())).toEqual({});
    expect(policyConfigOption(fileWith())).toEqual([]);
  });

  it("are what its file says, which Pulumi reads as well", () => {
    const file = fileWith('{ "bucket-keeps-versions": { "days": 90 } }');
    expect(policyConfig(file)).toEqual({ "bucket-keeps-versions": { days: 90 } });
    expect(policyConfigOption(file)).toEqual(["--policy-pack-config", policyConfigBeside(file)]);
  });

  it("are refused, all faults at once, without a text of the file", () => {
    const said = refusal('{ "bucket-keeps-versions": { "days": 7, "hunter2": 1 }, "hunter2": {}, "records-watched": "advisory" }');
    expect(said.split("\n").map((line) => line.slice(0, 90))).toEqual([
      "policy-config.prod.json: bucket-keeps-versions.days: found 7, allowed: a whole number, 30 to 3650".slice(0, 90),
      "policy-config.prod.json: bucket-keeps-versions: found a key more, allowed: days",
      "policy-config.prod.json: entry 2: found the name of something else, allowed: rules with thresholds".slice(0, 90),
      "policy-config.prod.json: records-watched: found another kind of value, allowed: a map of silentMinutes".slice(0, 90),
    ]);
    expect(said).not.toContain("hunter2");
    for (const text of ["[]", "{", '"hunter2"', "null"])
      expect(refusal(text)).toContain("found another text, allowed: a JSON map of rules");
  });

  it("set no level of a rule: who accepts a finding writes a waiver", () => {
    expect(refusal('{ "bucket-keeps-versions": { "enforcementLevel": "advisory" } }')).toContain("found a key more");
  });
});
