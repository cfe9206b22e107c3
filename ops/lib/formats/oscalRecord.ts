/** A policy record as OSCAL assessment results: an observation for each thing that a rule says, a finding for each control. */
import { CONTROLS, type ControlId, citationsOf } from "../../../components/compliance/controls";
import { citationText } from "../../../components/compliance/law";
import { sentence } from "../../../policies/engine/rule";
import type { Place, PolicyRecord, Result } from "../record";
import { safeJson } from "../terminal";
import {
  type AssessmentResult,
  assessmentResults,
  type Component,
  listed,
  type Observation,
  type OscalFinding,
  oscalText,
  property,
  uuidOf,
} from "./oscal";
import type { Written } from "./written";

const TOOL = { uuid: uuidOf("tool", "phiward policy"), title: "phiward policy" };

/** The document as JSON. The same record at the same time gives the same document. */
export function oscalRecord(record: PolicyRecord, { at, version }: Written): string {
  const title = `Policies of the stack ${record.stack}`;
  const plan = "Every rule of the policy pack is asked of all that the stack's program or configuration would make, before it is deployed.";
  return safeJson(assessmentResults({ title, version, at, plan }, [resultOf(record, at)]));
}

function resultOf(record: PolicyRecord, at: Date): AssessmentResult {
  const { stack } = record;
  const asked = record.results.filter(({ outcome }) => outcome !== "not-applicable");
  const seen = asked.map((result) => ({ result, observation: observationOf(stack, result, at) }));
  const byControl = new Map(
    [...new Set(asked.flatMap(controlsOf))].sort().map((id) => [id, seen.filter(({ result }) => controlsOf(result).includes(id))]),
  );
  const tool: Component = {
    ...TOOL,
    type: "software",
    description: "Judges a stack before it is deployed.",
    status: { state: "operational" },
  };
  const controls = [...byControl.keys()].map((id) => ({ "control-id": id }));
  return {
    uuid: uuidOf("result", stack),
    title: oscalText(`Policies of the stack ${stack}`),
    description: oscalText(
      `${String(record.rules)} rules; ${Object.entries(record.judged)
        .map(([noun, number]) => `${noun}: ${String(number)}`)
        .join(", ")}.`,
    ),
    start: at.toISOString(),
    end: at.toISOString(),
    "local-definitions": { components: [tool, ...componentsOf(stack, asked)] },
    // OSCAL knows no selection of nothing: then all that there is was selected.
    "reviewed-controls": { "control-selections": [controls.length === 0 ? { "include-all": {} } : { "include-controls": controls }] },
    ...listed(
      "observations",
      seen.map(({ observation }) => observation),
    ),
    ...listed(
      "findings",
      [...byControl].map(([id, about]) => findingOf(stack, id, about)),
    ),
  };
}

// A fault may be about some of its rule's controls alone.
function controlsOf(result: Result): readonly ControlId[] {
  const said = result.outcome === "fail" || result.outcome === "waived" ? result.finding.controls : undefined;
  return said ?? result.rule.controls;
}

function componentsOf(stack: string, results: readonly Result[]): readonly Component[] {
  const places = new Map(results.flatMap((result) => result.places.map((place) => [componentId(stack, place), place])));
  return [...places].map(([uuid, { where, type }]) => ({
    uuid,
    type: "service",
    title: oscalText(where),
    description: oscalText(type ?? "a host, a unit of one, or the stack"),
    status: { state: "under-development" },
  }));
}

function componentId(stack: string, { where, type }: Place): string {
  return uuidOf("component", stack, type ?? "", where);
}

function observationOf(stack: string, result: Result, at: Date): Observation {
  const { rule, outcome, places } = result;
  // Two results of a rule differ in what they say, or in where.
  const said = saidOf(result);
  const subjects = new Map(places.map((place) => [componentId(stack, place), place.where]));
  return {
    uuid: uuidOf("observation", stack, rule.id, outcome, said, ...subjects.keys()),
    title: oscalText(rule.id),
    description: oscalText(said),
    props: [
      property("rule", rule.id),
      property("outcome", outcome),
      property("severity", rule.severity),
      property("enforcement-level", rule.enforcementLevel),
      ...places.flatMap(lineProperties),
    ],
    methods: ["TEST"],
    types: ["control-objective"],
    origins: [{ actors: [{ type: "tool", "actor-uuid": TOOL.uuid }] }],
    ...listed(
      "subjects",
      [...subjects].map(([uuid, where]) => ({ "subject-uuid": uuid, type: "component" as const, title: oscalText(where) })),
    ),
    collected: at.toISOString(),
    ...(result.outcome === "waived" ? { expires: `${result.waiver.expires}T23:59:59Z`, remarks: oscalText(waivedBy(result.waiver)) } : {}),
  };
}

function waivedBy({ reason, owner, approver, ticket, expires }: Extract<Result, { outcome: "waived" }>["waiver"]): string {
  return `accepted until ${expires}: ${reason} (owner ${owner}, approved by ${approver}, ${ticket})`;
}

function saidOf(result: Result): string {
  switch (result.outcome) {
    case "fail":
    case "waived":
      return sentence(result.rule, result.finding);
    case "unknown":
      return `${result.at}: unknown until the deploy, so it was not judged`;
    case "pass":
    case "not-applicable":
      return result.rule.description;
  }
}

function lineProperties({ setting, source }: Place): ReturnType<typeof property>[] {
  const lines = [
    ...(setting === undefined ? [] : [["setting", setting] as const]),
    ...(source === undefined ? [] : [["source", source] as const]),
  ];
  return lines.map(([name, { file, line }]) => property(name, `${file}:${String(line)}`));
}

interface Seen {
  readonly result: Result;
  readonly observation: Observation;
}

function findingOf(stack: string, id: ControlId, about: readonly Seen[]): OscalFinding {
  const some = (outcome: Result["outcome"]): boolean => about.some(({ result }) => result.outcome === outcome);
  const counts = (["fail", "waived", "unknown", "pass"] as const).flatMap((outcome) => {
    const number = about.filter(({ result }) => result.outcome === outcome).length;
    return number === 0 ? [] : [`${outcome}: ${String(number)}`];
  });
  return {
    uuid: uuidOf("finding", stack, id),
    title: oscalText(`${id}: ${CONTROLS[id].title}`),
    description: oscalText(`What ${String(new Set(about.map(({ result }) => result.rule.id)).size)} rules say: ${counts.join(", ")}.`),
    props: [property("control", id), ...citationsOf(id).map((citation) => property("clause", citationText(citation)))],
    target: { type: "objective-id", "target-id": id, status: statusOf(some) },
    "related-observations": about.map(({ observation }) => ({ "observation-uuid": observation.uuid })),
  };
}

// What nobody has judged yet, and what was accepted, is not satisfied: the reasons tell them apart.
function statusOf(some: (outcome: Result["outcome"]) => boolean): OscalFinding["target"]["status"] {
  if (some("fail")) return { state: "not-satisfied", reason: "fail" };
  if (some("waived")) return { state: "not-satisfied", reason: "other", remarks: "a fault that is accepted for a time" };
  if (some("unknown")) return { state: "not-satisfied", reason: "other", remarks: "not all of it can be known before the deploy" };
  return { state: "satisfied", reason: "pass" };
}
