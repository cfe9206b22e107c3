/** phiward's own program with one thing weakened, or with one resource beside it, is refused, each by its rule and for its clause. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { programConfig } from "../../ops/lib/stack";
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { type AnalyzedResource, analyze, judgements } from "../../policies/engine/analyze";
import { runProgram } from "../../policies/program/run";
import { diagnosticsOf } from "./programRun";
import { CLOUD, COMMANDS, CONTAINERS } from "./weakened/additions";
import { CHANGES } from "./weakened/changes";

const MANDATORY = new Set(
  [...RULES, ...HOST_RULES, ...STACK_RULES].filter(({ enforcementLevel }) => enforcementLevel === "mandatory").map(({ id }) => id),
);
const isMandatory = (id: string): boolean => MANDATORY.has(id);
const ROOT = join(__dirname, "../..");

describe("a resource beside the components", () => {
  it.each([...CONTAINERS, ...COMMANDS, ...CLOUD])("that is %s is refused by %s, for %s", async (_, rule, clause, make) => {
    const found = await diagnosticsOf(make);
    const refusals = found.filter(({ level }) => level === "mandatory");
    expect(refusals.map(({ policy }) => policy)).toContain(rule);
    expect(refusals.find(({ policy }) => policy === rule)?.message).toContain(clause);
  });
});

describe("the program for production", () => {
  let all: readonly AnalyzedResource[] = [];

  beforeAll(async () => {
    const file = join(ROOT, "Pulumi.prod.yaml");
    const request = { directory: ROOT, project: "phiward", stack: "prod", ...programConfig(file, { stack: "prod", judging: true }) };
    ({ registrations: all } = await runProgram(request, () => import("../../index.js")));
  });

  it("has no violation as it is, and nothing is said of it twice", async () => {
    const found = await judgements(all);
    expect(found.flatMap(({ rule, violations }) => (violations.length === 0 ? [] : [rule])).filter(isMandatory)).toEqual([]);
    const said = found.flatMap(({ rule, urn = "", host = "", violations }) =>
      violations.map(({ found: what, allowed }) => `${urn}${host} ${rule}: found ${what}, allowed: ${allowed}`),
    );
    expect(said.filter((text, index) => said.indexOf(text) < index)).toEqual([]);
  });

  it.each(CHANGES)("that %s is refused by %s, for %s", async (_, rule, clause, change) => {
    const judging = RULES.filter(({ id }) => id === rule);
    const changed = change(all);
    // A rule about one resource is asked of what was changed alone: the whole program takes a second.
    const asked = judging.length === 0 ? changed : changed.filter((resource) => !all.includes(resource));
    const found = await analyze(asked, judging);
    const refusals = found.filter(({ level }) => level === "mandatory");
    expect(refusals.map(({ policy }) => policy)).toContain(rule);
    expect(refusals.find(({ policy }) => policy === rule)?.message).toContain(clause);
  });
});
