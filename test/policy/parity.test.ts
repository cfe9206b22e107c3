/** Whether what Pulumi is told and what the gate reports are the same: by every fixture, the same rules of the same resources. */
import { describe, expect, it } from "vitest";
import { type AnalyzedResource, analyze, type Diagnostic, judgements } from "../../policies/engine/analyze";
import type { Judgement } from "../../policies/engine/judge";
import { UNKNOWN } from "../../policies/readers/value";
import { goodUnit, goodUnits, HOST_RESOURCE, putAt, resource, valueAt } from "./fixtures";
import { diagnosticsOf, registeredBy } from "./programRun";
import { runbookProgram } from "./runbooks/program";
import { STACK_REFUSED } from "./spoilt/cloudStack";
import { HOSTS_ALLOWED, HOSTS_REFUSED } from "./spoilt/hosts";
import type { Allowed } from "./spoilt/spoil";
import { ALLOWED, REFUSED } from "./violations";

const NOT_JUDGED = /so ([a-z0-9-]+) has not judged it/;

/** What Pulumi is told, as lines: what is wrong, and what is unknown, by rule and resource. */
function toldToPulumi(diagnostics: readonly Diagnostic[]): readonly string[] {
  return lines(
    diagnostics.map(({ policy, urn, message }) =>
      policy.startsWith("unknown-values") ? `unknown ${NOT_JUDGED.exec(message)?.[1] ?? ""} ${urn}` : `fault ${policy} ${urn}`,
    ),
  );
}

/** The same of the gate. */
function toldByGate(judged: readonly Judgement[]): readonly string[] {
  return lines(
    judged.flatMap(({ rule, urn = "", violations, unknown }) => [
      ...violations.map(() => `fault ${rule} ${urn}`),
      ...unknown.map(() => `unknown ${rule} ${urn}`),
    ]),
  );
}

// Repeated ones are kept: each finding of a rule is told.
function lines(all: readonly string[]): readonly string[] {
  return all.toSorted();
}

async function expectParity(resources: readonly AnalyzedResource[]): Promise<readonly string[]> {
  const told = toldToPulumi(await analyze(resources));
  expect(toldByGate(await judgements(resources))).toEqual(told);
  return told;
}

/** The unit of a fixture as a resource of its own, so that many are judged at once. */
function spoiltResource({ unit: name, path, spoil }: Allowed, index: number): AnalyzedResource {
  const unit = goodUnit(name);
  putAt(unit.args, path, spoil(valueAt(unit.args, path)));
  const whole = resource(unit);
  return { ...whole, urn: `${whole.urn}-${String(index)}`, name: `${whole.name}-${String(index)}` };
}

const ROWS = Map.groupBy([...REFUSED, ...ALLOWED], ({ rule }) => rule);

describe("Pulumi and the gate hear the same", () => {
  it.each([...ROWS].map(([rule, rows]) => ({ rule, rows })))("of each fixture of $rule", async ({ rows }) => {
    await expectParity(rows.map(spoiltResource));
    await expectParity(rows.slice(0, 1).map((row, index) => spoiltResource({ ...row, spoil: () => UNKNOWN }, index)));
  });

  const together = [...HOSTS_REFUSED, ...HOSTS_ALLOWED, ...STACK_REFUSED];
  const firsts = together.filter((row, index) => together.findIndex(({ rule }) => rule === row.rule) === index);

  it("of a whole stack with one fault against each rule that compares resources, all at once", async () => {
    const units = goodUnits();
    for (const { unit, path, spoil } of firsts) {
      const spoilt = units.find((entry) => entry.unit === unit);
      if (spoilt === undefined) throw new Error(`no unit ${unit}`);
      putAt(spoilt.args, path, spoil(valueAt(spoilt.args, path)));
    }
    const told = await expectParity([HOST_RESOURCE, ...units.map(resource)]);
    // Where two faults are in one place, one may hide the other.
    const named = firsts.filter(({ rule }) => told.some((line) => line.startsWith(`fault ${rule} `)));
    expect(named.length).toBeGreaterThan(firsts.length / 2);
  });

  it("of a program that is run", async () => {
    expect(toldByGate(await judgements(await registeredBy(runbookProgram)))).toEqual(toldToPulumi(await diagnosticsOf(runbookProgram)));
  });
});
