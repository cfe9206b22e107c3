/** The evidence as OSCAL assessment results: what was seen of each control in each place, and what follows for controls and clauses. */
import {
  type AssessmentResult,
  type AssessmentResults,
  assessmentResults,
  type Component,
  listed,
  type Observation,
  type OscalFinding,
  oscalText,
  property,
  uuidOf,
} from "../formats/oscal";
import { answers, type Clause } from "./clauses";
import type { ControlRecord, Evidence, Origin, PlaceRecord } from "./evidence";
import { isFault, isShown, STATES, type State, stateOf } from "./states";
import { sentences, tally } from "./words";

/** The document. The same evidence gives the same document. */
export function evidenceResults(evidence: Evidence): AssessmentResults {
  const { stack, programs } = evidence;
  const title = `Evidence of the stack ${stack}`;
  const plan =
    "Each control by the rules and checks that are filed under it: rules judge a stack before it is deployed, checks are asked of the running hosts. A control is one fact that supports clauses of the law; none fulfils a clause alone, and nothing here says that one is fulfilled.";
  return assessmentResults({ title, version: programs, at: new Date(evidence.date), plan }, [resultOf(evidence)]);
}

function resultOf(evidence: Evidence): AssessmentResult {
  const { stack, date, hosts, controls, clauses, policy, verify, programs } = evidence;
  const observations = controls.map((record) => record.places.flatMap((place) => observationsOf(record, place, evidence)));
  const seenOf = new Map(controls.map(({ control }, index) => [control, observations[index] ?? []]));
  return {
    uuid: uuidOf("evidence", stack),
    title: "What was judged before deploy and asked of the running hosts",
    description: oscalText(tally(controls.map(({ state }) => state))),
    start: [policy.date, verify.date, date].flatMap((one) => one ?? []).toSorted()[0] ?? date,
    end: date,
    "local-definitions": {
      components: [
        { ...component(stack, TOOL, "software"), props: [property("programs", programs)] },
        component(stack, STACK, "this-system"),
        ...hosts.map((host) => component(stack, host, "system")),
      ],
    },
    "reviewed-controls": { "control-selections": [{ "include-controls": controls.map(({ control }) => ({ "control-id": control })) }] },
    ...listed("observations", observations.flat()),
    findings: [
      ...clauses.map((clause) => clauseFinding(stack, clause, controls, seenOf)),
      ...controls.map((record) => controlFinding(evidence, record, seenOf.get(record.control) ?? [])),
    ],
  };
}

// No host is called so: no name has a space.
const TOOL = "phiward evidence-report";
const STACK = "the whole stack";

function component(stack: string, name: string, type: string): Component {
  const title = oscalText(name);
  return { uuid: uuidOf("evidence component", stack, name), type, title, description: title, status: { state: "operational" } };
}

// Rules are examined and checks are tests: two observations, each with its own date.
function observationsOf(record: ControlRecord, { place, rules, checks }: PlaceRecord, evidence: Evidence): readonly Observation[] {
  const { policy, verify } = evidence;
  const outdated = { policy: policy.outdated, verify: verify.outdated };
  const about = { record, place, evidence };
  return [
    ...(rules.length === 0
      ? []
      : [
          observation(
            about,
            "EXAMINE",
            policy,
            stateOf(rules, [], outdated),
            rules.map(({ rule, outcome }) => ["rule", rule, outcome]),
          ),
        ]),
    ...(checks.length === 0
      ? []
      : [
          observation(
            about,
            "TEST",
            verify,
            stateOf([], checks, outdated),
            checks.map(({ check, status }) => ["check", check, status]),
          ),
        ]),
  ];
}

function observation(
  { record, place, evidence }: { readonly record: ControlRecord; readonly place: string; readonly evidence: Evidence },
  method: "EXAMINE" | "TEST",
  { date }: Origin,
  state: State,
  said: readonly (readonly [string, string, string])[],
): Observation {
  const { stack, hosts, maxAgeDays } = evidence;
  const subject = uuidOf("evidence component", stack, hosts.includes(place) ? place : STACK);
  return {
    uuid: uuidOf("evidence observation", stack, record.control, place, method),
    title: oscalText(`${record.control} on ${place}`),
    description: oscalText(`${record.title}: ${STATES[state]}`),
    props: [property("state", state), ...said.map(([name, id, outcome]) => property(name, `${id}: ${outcome}`))],
    methods: [method],
    types: ["control-objective"],
    origins: [{ actors: [{ type: "tool", "actor-uuid": uuidOf("evidence component", stack, TOOL) }] }],
    subjects: [{ "subject-uuid": subject, type: "component", title: oscalText(place) }],
    collected: date ?? evidence.date,
    ...(date === undefined ? { remarks: "The record that it is from has no date." } : { expires: daysAfter(date, maxAgeDays) }),
  };
}

function daysAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * 24 * 60 * 60 * 1000).toISOString();
}

function controlFinding(evidence: Evidence, record: ControlRecord, seen: readonly Observation[]): OscalFinding {
  const { control, title, state } = record;
  const supported = evidence.clauses.filter(({ supportedBy }) => supportedBy.some((one) => one.control === control));
  return {
    uuid: uuidOf("evidence finding", evidence.stack, control),
    title: oscalText(`${control}: ${title}`),
    description: sentences(record, evidence).map(oscalText).join("\n\n"),
    props: [property("control", control), ...supported.map(({ place }) => property("clause", place))],
    target: { type: "objective-id", "target-id": control, status: statusOf([state]) },
    ...related(seen),
  };
}

// The objective is that its controls are shown, and never that the clause is fulfilled.
function clauseFinding(
  stack: string,
  clause: Clause,
  controls: readonly ControlRecord[],
  seenOf: ReadonlyMap<string, readonly Observation[]>,
): OscalFinding {
  const { place, heading, kind, supportedBy } = clause;
  const states = controls.filter(({ control }) => supportedBy.some((one) => one.control === control)).map(({ state }) => state);
  return {
    uuid: uuidOf("evidence finding", stack, place),
    title: oscalText(`What supports ${place}`),
    description: [heading, ...answers(clause)].map(oscalText).join("\n\n"),
    props: [
      property("clause", place),
      property("kind", kind),
      property("answered-by", clause.treatment.by),
      ...supportedBy.map(({ control, direct }) => property(direct ? "supported-by" : "helped-by", control)),
    ],
    target: {
      type: "objective-id",
      "target-id": `supports-${place.match(/[A-Za-z0-9.]+/g)?.join("-") ?? ""}`,
      status: states.length > 0 ? statusOf(states) : unsupported(clause),
    },
    ...related(supportedBy.flatMap(({ control }) => seenOf.get(control) ?? [])),
  };
}

// An attestation is somebody's word, and is told as such.
function unsupported({ treatment, attested }: Clause): OscalFinding["target"]["status"] {
  const isAttested = treatment.by === "operator" && attested !== undefined;
  return {
    state: isAttested ? "satisfied" : "not-satisfied",
    reason: "other",
    remarks: isAttested ? "attested by the operator; nothing was tested" : "nothing that is tested here supports it",
  };
}

function related(seen: readonly Observation[]): Pick<OscalFinding, "related-observations"> {
  return listed(
    "related-observations",
    seen.map(({ uuid }) => ({ "observation-uuid": uuid })),
  );
}

function statusOf(states: readonly State[]): OscalFinding["target"]["status"] {
  // What the stack has nothing of leaves the rest as it is.
  const judged = states.filter((state) => state !== "not-applicable");
  if (judged.length === 0) return { state: "not-satisfied", reason: "other", remarks: tally(states) };
  if (judged.every(isShown)) return { state: "satisfied", reason: "pass", remarks: tally(states) };
  return { state: "not-satisfied", reason: states.some(isFault) ? "fail" : "other", remarks: tally(states) };
}
