/** The OSCAL document: of the published form, whole in itself, and no more certain than the evidence. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../../../ops/lib/evidence/evidence";
import { evidenceResults } from "../../../../../ops/lib/evidence/oscal";
import { oscalSchema } from "../formats/oscalSchema";
import { ATTESTED, everyState, evidence, hostileEvidence, verify, YESTERDAY } from "./records";

const documentOf = (of: Evidence) => oscalSchema.parse(JSON.parse(JSON.stringify(evidenceResults(of))))["assessment-results"];

function statesOf(of: Evidence): Readonly<Record<string, string>> {
  const findings = documentOf(of).results[0]?.findings ?? [];
  return Object.fromEntries(
    findings.map(({ target: { status, ...target } }) => [target["target-id"], `${status.state} ${status.reason ?? ""}`]),
  );
}

describe("the document", () => {
  const of = everyState();
  const [result] = documentOf(of).results;

  it("has a finding for every control and every clause, and none of two", () => {
    const findings = result?.findings ?? [];
    expect(findings).toHaveLength(of.controls.length + of.clauses.length);
    expect(new Set(findings.map(({ target }) => target["target-id"])).size).toBe(findings.length);
    expect(new Set(findings.map(({ uuid }) => uuid)).size).toBe(findings.length);
    expect(findings.find(({ target }) => target["target-id"] === "supports-164.312-a-2-i")?.title).toBe("What supports 164.312(a)(2)(i)");
  });

  it("is satisfied by what is shown, and by nothing else", () => {
    expect(statesOf(of)).toMatchObject({
      "SSH-05": "satisfied pass",
      "CLD-04": "satisfied pass",
      "SSH-02": "not-satisfied fail",
      "CLD-01": "not-satisfied fail",
      "CLD-06": "not-satisfied fail",
      "SSH-09": "not-satisfied other",
      "SSH-03": "not-satisfied other",
      "CLD-03": "not-satisfied other",
      "TIM-01": "not-satisfied other",
      "SSH-08": "not-satisfied other",
      "SSH-07": "not-satisfied other",
      "supports-164.312-d": "not-satisfied fail",
    });
    const old = statesOf(evidence({ verify: verify(undefined, "2026-01-01T00:00:00.000Z") }));
    expect(Object.values(old).filter((state) => state.startsWith("satisfied"))).toEqual([]);
  });

  it("takes what the operator attests for somebody's word", () => {
    const { clauses } = evidence({ attestations: [ATTESTED] });
    expect(clauses.find(({ place }) => place === ATTESTED.clause)?.supportedBy).toEqual([]);
    const target = "supports-164.308-a-2";
    expect(statesOf(evidence({ attestations: [ATTESTED] }))[target]).toBe("satisfied other");
    expect(statesOf(of)[target]).toBe("not-satisfied other");
  });

  it("dates each observation by its record, and lets it expire", () => {
    const seen = result?.observations?.find(({ title, methods }) => title === "SSH-05 on web" && methods[0] === "TEST");
    expect(seen).toMatchObject({ collected: YESTERDAY, expires: "2026-12-03T03:10:00.000Z" });
    expect(seen?.props).toContainEqual(expect.objectContaining({ name: "check", value: "ssh-groups: pass" }));
  });

  it("refers to nothing that it does not define", () => {
    const components = new Set(result?.["local-definitions"]?.components.map(({ uuid }) => uuid));
    const observations = new Set(result?.observations?.map(({ uuid }) => uuid));
    expect(observations.size).toBe(result?.observations?.length);
    for (const { subjects = [], origins = [] } of result?.observations ?? []) {
      for (const subject of subjects) expect(components).toContain(subject["subject-uuid"]);
      for (const actor of origins.flatMap(({ actors }) => actors)) expect(components).toContain(actor["actor-uuid"]);
    }
    for (const { "related-observations": related = [] } of result?.findings ?? [])
      for (const { "observation-uuid": uuid } of related) expect(observations).toContain(uuid);
  });

  it("is the same for the same evidence, and of the published form whatever the records hold", () => {
    expect(evidenceResults(everyState())).toEqual(evidenceResults(of));
    fc.assert(
      fc.property(hostileEvidence, (hostile) => {
        expect(documentOf(hostile).results).toHaveLength(1);
      }),
      { numRuns: 10 },
    );
  });
});
