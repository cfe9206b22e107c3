/** What is made of the two records: a state for each control and place, and never more than they show. */
import { describe, expect, it } from "vitest";
import { CONTROL_IDS, type ControlId } from "../../../../../components/compliance/controls";
import { CLAUSES } from "../../../../../components/compliance/law";
import { WAIVERS } from "../../../../../components/compliance/waivers";
import type { Attestation } from "../../../../../ops/lib/attestations";
import { answers, type Clause } from "../../../../../ops/lib/evidence/clauses";
import type { ControlRecord, Evidence } from "../../../../../ops/lib/evidence/evidence";
import { STATES } from "../../../../../ops/lib/evidence/states";
import { sentences } from "../../../../../ops/lib/evidence/words";
import { ATTESTED, acceptance, checksOf, everyState, evidence, policy, result, verify, YESTERDAY } from "./records";

function recordOf(of: Evidence, wanted: ControlId): ControlRecord {
  const found = of.controls.find(({ control }) => control === wanted);
  if (found === undefined) throw new Error(`found no record of ${wanted}`);
  return found;
}

const stateOf = (of: Evidence, control: ControlId): string => recordOf(of, control).state;
const textOf = (of: Evidence, control: ControlId): string => sentences(recordOf(of, control), of).join("\n");

describe("the clauses", () => {
  const of = (...attestations: readonly Attestation[]): readonly Clause[] => evidence({ attestations }).clauses;
  const answer = (all: readonly Clause[], place: string): string =>
    all
      .filter((clause) => clause.place === place)
      .flatMap(answers)
      .join("\n");

  it("are all of the law's, each with the controls that cite it and how", () => {
    expect(of().map(({ place }) => place)).toEqual(CLAUSES.map(({ id }) => id));
    expect(
      of()
        .find(({ place }) => place === "164.312(d)")
        ?.supportedBy.map(({ control }) => control),
    ).toContain("SSH-03");
    const supports = of().flatMap(({ supportedBy }) => supportedBy);
    expect(supports.some(({ direct, why }) => !direct && why !== undefined)).toBe(true);
  });

  it("each have controls, or somebody who answers for them", () => {
    for (const clause of of()) {
      const { place, supportedBy, treatment } = clause;
      const isWhole = supportedBy.length > 0 || answers(clause).length > 0;
      // A standard whose specifications are listed by themselves.
      expect(isWhole || treatment.by === "controls", place).toBe(true);
    }
    expect(of().map(answers).flat().join("\n")).toMatch(
      /^The provider answers for it, under its contract: .*^Asks nothing of this stack: /ms,
    );
  });

  it("say what the operator attests, on what day, and where it is kept", () => {
    expect(answer(of(ATTESTED), "164.308(a)(2)")).toMatch(
      /^Left to the operator: .*\nAttested on 2026-11-26 by Anna Example, practice owner, until 2027-11-26: Dr\. Anna Example is the security official\. Kept at: policies\/official\.pdf$/,
    );
  });

  it.each([
    ["not attested", [], "Not attested."],
    ["attested from tomorrow on", [{ ...ATTESTED, on: "2026-11-28" }], "Not attested."],
    ["no longer attested", [{ ...ATTESTED, until: "2026-11-26" }], "Not attested any more: the last attestation ended on 2026-11-26."],
  ] as const)("say what is %s", (_, attestations, words) => {
    expect(
      answer(of(...attestations), "164.308(a)(2)")
        .split("\n")
        .at(-1),
    ).toBe(words);
  });
});

describe("a control", () => {
  const all = everyState();

  it.each([
    ["SSH-02", "failed"],
    ["CLD-01", "refused"],
    ["CLD-06", "advised"],
    ["SSH-09", "not-verified"],
    ["SSH-03", "waived"],
    ["CLD-02", "waived"],
    ["CLD-03", "unknown"],
    ["TIM-01", "skipped"],
    ["SSH-08", "partly"],
    ["CLD-04", "judged"],
    ["SSH-05", "verified"],
    ["CLD-05", "not-applicable"],
    ["SSH-07", "not-covered"],
  ] as const)("%s is %s", (control, state) => {
    expect(stateOf(all, control)).toBe(state);
  });

  it("is in the report once, and each state but that of an old record is shown above", () => {
    expect(all.controls.map(({ control }) => control)).toEqual(CONTROL_IDS);
    expect(new Set(all.controls.map(({ state }) => state))).toEqual(new Set(Object.keys(STATES).filter((state) => state !== "outdated")));
  });

  it.each([
    ["SSH-02", /^failed on web, 2026-11-26 03:10 UTC, 1 day before this report: ssh-no-root-login$/m],
    ["SSH-05", /^verified on web, 2026-11-26 03:10 UTC, 1 day before this report: /m],
    ["CLD-01", "refused before deploy: rule-of-CLD-01 on whole stack, at acl; put it right"],
    ["CLD-06", "advice not followed: rule-of-CLD-06 on whole stack, at tls; put it right"],
    [
      "CLD-02",
      "waived until 2026-12-31 by bob for alice (an older client needs it until then): rule-of-CLD-02 on whole stack, at versioning",
    ],
    ["SSH-03", /^waived until 2026-12-31 by bob .* on web: /m],
    ["CLD-03", "unknown before deploy: rule-of-CLD-03 on whole stack, at id"],
    ["TIM-01", /^skipped on web, 2026-11-26 03:10 UTC, 1 day before this report: a container: /m],
    ["SSH-09", /^not verified on web: the record has no answer to it: /m],
    ["CLD-05", /^the stack has nothing to judge for .*database-firewall-not-open/m],
    ["SSH-07", "not covered: no rule judges it and no check of the stack's hosts is filed under it"],
    [WAIVERS[0]?.control ?? "SSH-28", `waived by the catalogue: ${WAIVERS[0]?.reason ?? ""}`],
  ] as const)("%s is described by what is on record", (control, words) => {
    expect(textOf(all, control)).toMatch(words);
  });
});

describe("what is not shown", () => {
  it("is not verified where the host did not answer, whatever the others say", () => {
    const found = verify();
    const silent = { ...found, hosts: found.hosts.filter(({ host }) => host === "web"), unanswered: [{ host: "store" }] };
    const of = evidence({ verify: silent });
    expect(of.unanswered).toEqual(["store"]);
    expect(stateOf(of, "SSH-02")).toBe("not-verified");
    expect(textOf(of, "SSH-02")).toContain("not verified on store: the host did not answer: ssh-no-root-login");
    expect(recordOf(of, "SSH-02").places.map(({ place, state }) => [place, state])).toEqual([
      ["web", "verified"],
      ["store", "not-verified"],
    ]);
  });

  it("is a verification that is too old, with its age, or that of the policies without a date", () => {
    const old = evidence({ verify: verify(undefined, "2026-11-15T03:10:00.000Z") });
    expect(stateOf(old, "SSH-02")).toBe("outdated");
    expect(textOf(old, "SSH-02")).toContain("last verified on web, 2026-11-15 03:10 UTC, 12 days before this report: too old to count");
    const { stack, results } = policy(result("CLD-04", { outcome: "pass" }, "a-key"));
    const undated = evidence({ policy: { stack, results } });
    expect(stateOf(undated, "CLD-04")).toBe("outdated");
    expect(textOf(undated, "CLD-04")).toContain("judged before deploy on whole stack, on an unknown date, ");
  });

  it("is a verification of a week to the second, and not of a second more", () => {
    expect(stateOf(evidence({ verify: verify(undefined, "2026-11-20T09:30:00.000Z") }), "SSH-02")).toBe("verified");
    expect(stateOf(evidence({ verify: verify(undefined, "2026-11-20T09:29:59.000Z") }), "SSH-02")).toBe("outdated");
  });

  it("is a failure of an old verification: that stays one", () => {
    const { id } = checksOf("SSH-02")[0];
    const old = verify((_, check) => (check === id ? { status: "fail" } : {}), "2026-01-01T00:00:00.000Z");
    expect(stateOf(evidence({ verify: old }), "SSH-02")).toBe("failed");
  });

  it.each([
    ["on its last day", "2026-11-27", "waived"],
    ["a day later", "2026-11-26", "refused"],
  ])("is a fault whose waiver ends, %s", (_, expires, state) => {
    const of = evidence({
      policy: policy(result("CLD-02", { outcome: "waived", finding: { at: "x" }, waiver: acceptance(expires) }, "b")),
    });
    expect(stateOf(of, "CLD-02")).toBe(state);
  });

  it("is a failed check whose waiver has ended, or that failed once more without one", () => {
    const { id } = checksOf("SSH-02")[0];
    const failing = (expires: string) => verify((_, check) => (check === id ? { status: "fail", waiver: acceptance(expires) } : {}));
    expect(stateOf(evidence({ verify: failing("2026-11-27") }), "SSH-02")).toBe("waived");
    expect(stateOf(evidence({ verify: failing("2026-11-26") }), "SSH-02")).toBe("failed");
    const found = failing("2026-11-27");
    const hosts = [...found.hosts, { host: "web", results: [{ id, status: "fail" as const }] }];
    expect(stateOf(evidence({ verify: { ...found, hosts } }), "SSH-02")).toBe("failed");
  });

  it("is an answer to a check that the host is not asked, and a pass beside a failure of the same check", () => {
    const found = verify();
    const { id } = checksOf("SSH-02")[0];
    const more = [
      { id: "no-such-check", status: "pass" as const },
      { id, status: "fail" as const },
    ];
    const hosts = [...found.hosts, { host: "web", results: more }, { host: "elsewhere", results: [{ id, status: "pass" as const }] }];
    const of = evidence({ verify: { ...found, hosts } });
    expect(of.unasked).toBe(2);
    expect(stateOf(of, "SSH-02")).toBe("failed");
  });

  it("is what a rule judges that the record says nothing of, whatever others of the control say", () => {
    const passed = result("CLD-04", { outcome: "pass" }, "a-key");
    const of = evidence({ policy: { stack: "prod", date: YESTERDAY, results: [passed] } });
    expect(stateOf(of, "CLD-04")).toBe("not-verified");
    expect(textOf(of, "CLD-04")).toMatch(/^not evaluated: the policies' record says nothing of .*spaces-key-limited/m);
    expect(stateOf(of, "SSH-02")).toBe("verified");
  });
});

describe("a place", () => {
  it("is the host that a resource is named for, by the longest name, or else the whole stack", () => {
    const passed = result("CLD-04", { outcome: "pass" }, "web", "web/ssh", "web-ssh-apply", "webcam", "store-vault", "bucket", "stack");
    const { places } = recordOf(evidence({ policy: policy(passed) }), "CLD-04");
    expect(places.map(({ place }) => place)).toEqual(["web", "store", "whole stack"]);
    expect(places.flatMap(({ rules }) => rules)).toHaveLength(3);
  });
});
