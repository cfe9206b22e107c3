/** The page of the law: every clause is explained, and what is said to be supported is. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONTROL_IDS, CONTROLS } from "../../../../components/compliance/controls";
import { GOALS } from "../../../../components/compliance/goals";
import { CLAUSES, HIPAA } from "../../../../components/compliance/law";
import { guideSection } from "../../../../components/compliance/law/guide";
import { PROPOSAL, PROPOSED } from "../../../../components/compliance/proposed";
import { coverage, holes, isDirect, meansOf } from "../../../../ops/lib/coverage";
import { lawPage } from "../../../../ops/lib/lawPage";
import { readStack } from "../../../../ops/lib/stack";
import { ALL_RULES } from "../../../../policies/all";

const CONFIG = readStack(join(__dirname, "../../../../Pulumi.prod.yaml"));
const COVERED = coverage(CONFIG);
const PAGE = lawPage(CONFIG);

describe("the law", () => {
  it("has every standard and specification of the Security Rule, by section and kind", () => {
    const counted = (section: string): Readonly<Record<string, number>> => {
      const kinds = Object.entries(HIPAA).flatMap(([reference, { kind }]) => (reference.startsWith(section) ? [kind] : []));
      return Object.fromEntries(["standard", "required", "addressable"].map((kind) => [kind, kinds.filter((one) => one === kind).length]));
    };
    // 45 CFR 164, appendix A to subpart C counts the same specifications, with 164.308(b)(3) and without those of 164.314 and 164.316.
    expect(counted("164.308")).toEqual({ standard: 10, required: 10, addressable: 11 });
    expect(counted("164.310")).toEqual({ standard: 4, required: 2, addressable: 6 });
    expect(counted("164.312")).toEqual({ standard: 5, required: 2, addressable: 5 });
    expect(counted("164.314")).toEqual({ standard: 2, required: 4, addressable: 0 });
    expect(counted("164.316")).toEqual({ standard: 3, required: 3, addressable: 0 });
    for (const section of ["164.404", "164.406", "164.408", "164.410"]) expect(counted(section)["standard"], section).toBe(1);
  });

  it("is listed in order, each clause once, with a heading", () => {
    const ids = CLAUSES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.at(-1)).toBe("GDPR 44");
    for (const { id, heading } of CLAUSES) expect(heading, id).toMatch(/^[A-Z].{6,}[^.]$/);
  });

  it("leaves no clause unexplained: in sentences, or by what supports it", () => {
    expect(holes(COVERED)).toEqual([]);
    for (const { id, treatment } of CLAUSES) {
      const said = { controls: "remains", operator: "task", provider: "because", nobody: "because" } as const;
      const sentence: unknown = Reflect.get(treatment, said[treatment.by]);
      if (treatment.by !== "controls" || sentence !== undefined) expect(sentence, id).toMatch(/^[A-Z].{15,}\.$/);
    }
  });

  it("would find a hole: a clause for controls to support that nothing supports", () => {
    const bare = COVERED.map((clause) => (clause.id === "164.312(d)" ? { ...clause, supporters: [] } : clause));
    expect(holes(bare)).toEqual(["164.312(d)"]);
    const weak = COVERED.map((clause) =>
      clause.id === "164.312(d)"
        ? { ...clause, supporters: clause.supporters.map((one) => ({ ...one, strength: "supporting" as const })) }
        : clause,
    );
    expect(holes(weak)).toEqual(["164.312(d)"]);
  });

  it("is supported by nothing that neither a rule nor a check stands for", () => {
    const means = meansOf(CONFIG);
    for (const { id, supporters } of COVERED)
      for (const { control, rules, checks } of supporters) {
        expect(rules.length + checks.length, `${id} ${control}`).toBeGreaterThan(0);
        expect({ rules, checks }).toEqual(means.get(control));
      }
  });

  it("is cited by every rule, with one clause at least that asks for the fact itself", () => {
    for (const rule of ALL_RULES) {
      const citing = COVERED.filter(({ supporters }) => supporters.some((one) => isDirect(one) && one.rules.includes(rule)));
      expect(citing.length, rule.id).toBeGreaterThan(0);
    }
  });

  it("has a section of NIST SP 800-66r2 for each paragraph of the Security Rule, and for no other", () => {
    for (const { id, framework } of CLAUSES)
      expect(guideSection(id) !== undefined, id).toBe(framework === "HIPAA" && id.startsWith("164.3"));
  });
});

describe("what is proposed", () => {
  it("says so, with the month of the last look-up, and names no paragraph", () => {
    expect(PROPOSAL.status).toBe("proposed");
    expect(PROPOSAL.lookedUp).toMatch(/^20\d\d-\d\d$/);
    expect(Object.keys(PROPOSED)).toHaveLength(18);
    expect(JSON.stringify(PROPOSED)).not.toContain("164.");
    expect(PAGE).toContain(`still ${PROPOSAL.status}, and in force nowhere, when that was last looked up: ${PROPOSAL.lookedUp}`);
  });

  it("and the goals of HHS name controls that exist, ten essential and ten enhanced", () => {
    const named = [...Object.values(PROPOSED), ...GOALS].flatMap(({ controls }) => controls);
    for (const id of named) expect(CONTROL_IDS).toContain(id);
    for (const level of ["essential", "enhanced"]) expect(GOALS.filter((goal) => goal.level === level)).toHaveLength(10);
  });
});

describe("the page of the law", () => {
  it("has a row for each clause, and a section for each that something supports", () => {
    for (const { framework, reference, id, heading, supporters } of COVERED) {
      const head = framework === "HIPAA" ? `| ${reference} | ${heading} | ` : `| ${reference} | ${heading} | `;
      expect(PAGE).toContain(head);
      if (supporters.length > 0) expect(PAGE).toContain(`### ${id} ${heading}`);
    }
  });

  it("links to sections that exist", () => {
    const anchors = new Set([...PAGE.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
    for (const [, target] of PAGE.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(target);
  });

  it("shows of each supporter what it asks, and why it is only supporting", () => {
    for (const { supporters } of COVERED)
      for (const { control, strength, why } of supporters) {
        expect(PAGE).toContain(`| ${control} | ${CONTROLS[control].title} | ${strength} | `);
        if (strength === "supporting") expect(PAGE).toContain(why);
      }
  });
});
