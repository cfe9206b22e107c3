import fc from "fast-check";
import { expect, it } from "vitest";
import { uuidOf } from "../../../../../ops/lib/formats/oscal";
import { oscalRecord } from "../../../../../ops/lib/formats/oscalRecord";
import { oscalSchema } from "./oscalSchema";
import { anyRecord, RECORD, WRITTEN } from "./records";

const documentOf = (record: typeof RECORD, written = WRITTEN) =>
  oscalSchema.parse(JSON.parse(oscalRecord(record, written)))["assessment-results"];

it("has a finding for each control, with the observations that it follows from and the clauses that it supports", () => {
  const [result] = documentOf(RECORD).results;
  const states = Object.fromEntries((result?.findings ?? []).map(({ target }) => [target["target-id"], target.status]));
  const passing = RECORD.results.find(({ outcome }) => outcome === "pass")?.rule.controls[0] ?? "";
  expect(states[passing]).toEqual({ state: "satisfied", reason: "pass" });
  for (const { rule, outcome } of RECORD.results)
    for (const control of rule.controls)
      if (outcome === "fail") expect(states[control]).toEqual({ state: "not-satisfied", reason: "fail" });
  const observations = new Set(result?.observations?.map(({ uuid }) => uuid));
  expect(observations.size).toBe(7);
  for (const { "related-observations": related = [], props = [] } of result?.findings ?? []) {
    expect(related.length).toBeGreaterThan(0);
    for (const { "observation-uuid": uuid } of related) expect(observations).toContain(uuid);
    expect(props.filter(({ name }) => name === "clause").length).toBeGreaterThan(0);
  }
});

it("names what a fault was seen in, with its line, and until when one is accepted", () => {
  const observations = documentOf(RECORD).results[0]?.observations ?? [];
  expect(observations[0]?.subjects?.map(({ title }) => title)).toEqual(["web-fail2ban", "store-fail2ban"]);
  expect(observations[0]?.props).toContainEqual(expect.objectContaining({ name: "setting", value: "Pulumi.prod.yaml:12" }));
  expect(observations.find(({ expires }) => expires !== undefined)?.expires).toBe("2027-01-31T23:59:59Z");
});

it("refers to nothing that it does not define", () => {
  const [result] = documentOf(RECORD).results;
  const defined = new Set(result?.["local-definitions"]?.components.map(({ uuid }) => uuid));
  for (const { subjects = [], origins = [] } of result?.observations ?? []) {
    for (const { "subject-uuid": uuid } of subjects) expect(defined).toContain(uuid);
    for (const { actors } of origins) for (const { "actor-uuid": uuid } of actors) expect(defined).toContain(uuid);
  }
});

it("is the same for the same record at the same time, and keeps the ids of what is the same at another", () => {
  expect(oscalRecord(RECORD, WRITTEN)).toBe(oscalRecord({ ...RECORD, results: [...RECORD.results] }, WRITTEN));
  const later = documentOf(RECORD, { ...WRITTEN, at: new Date("2027-01-01T00:00:00Z") });
  expect(later.uuid).not.toBe(documentOf(RECORD).uuid);
  expect(later.results[0]?.observations?.map(({ uuid }) => uuid)).toEqual(
    documentOf(RECORD).results[0]?.observations?.map(({ uuid }) => uuid),
  );
});

it("is of the published form, with the UUIDs all different, whatever names hold", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const [result] = documentOf(record).results;
      const components = result?.["local-definitions"]?.components.map(({ uuid }) => uuid) ?? [];
      expect(new Set(components).size).toBe(components.length);
    }),
  );
});

it("makes UUIDs that differ where names are cut differently", () => {
  expect(uuidOf("ab", "c")).not.toBe(uuidOf("a", "bc"));
  expect(uuidOf("a")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
