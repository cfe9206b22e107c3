/** The controls catalogue: what its types refuse, what it says, and what it gives to checks and rules. */
import { describe, expect, it } from "vitest";
import type { Control } from "../../../../components/compliance/control";
import { CONTROL_IDS, CONTROLS, type ControlId, citationsOf, citationsOfAll } from "../../../../components/compliance/controls";
import { citationText } from "../../../../components/compliance/law";
import { WAIVERS } from "../../../../components/compliance/waivers";
import type { Check } from "../../../../components/plan/types";

describe("the catalogue's types", () => {
  it("refuse a check under a control that does not exist", () => {
    const answer = { id: "x", argv: ["true"], expect: { kind: "exit", code: 0 } } as const;
    // @ts-expect-error: there is no control of this id
    const unknown: Check = { ...answer, control: "KRN-99" };
    const known: Check = { ...answer, control: "KRN-07" };
    expect([unknown.control, known.control].map((id) => id in CONTROLS)).toEqual([false, true]);
  });

  it("refuse a control that supports no place of the law, and a place that no law has", () => {
    // @ts-expect-error: neither HIPAA nor the GDPR
    const uncited: Control = { title: "Something" };
    // @ts-expect-error: an empty list is no citation
    const empty: Control = { title: "Something", hipaa: [] };
    // @ts-expect-error: 45 CFR 164.312 has no such paragraph
    const misspelt: Control = { title: "Something", hipaa: ["164.312(f)"] };
    // @ts-expect-error: point (b) has four abilities, and a citation says which
    const vague: Control = { title: "Something", gdpr: ["32(1)(b)"] };
    const whole: Control = { title: "Something", gdpr: ["5(1)(f)"] };
    expect([uncited, empty, misspelt, vague, whole]).toHaveLength(5);
  });
});

describe("the catalogue", () => {
  it("keeps every id of the list that it was made from, and numbers each area without a gap", () => {
    expect(CONTROL_IDS).toHaveLength(287);
    const areas = new Map<string, number[]>();
    for (const id of CONTROL_IDS) {
      const [, area = "", number = ""] = /^([A-Z]+)-(\d\d)$/.exec(id) ?? [];
      areas.set(area, [...(areas.get(area) ?? []), Number(number)]);
    }
    for (const [area, numbers] of areas) expect(numbers, area).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
  });

  it("says of each control what it asks, in a sentence of its own without a full stop", () => {
    const titles = CONTROL_IDS.map((id) => CONTROLS[id].title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) expect(title).toMatch(/^(\/|[A-Z]).{8,140}[^.]$/);
  });

  it("cites a clause once for a control", () => {
    for (const id of CONTROL_IDS) {
      const texts = citationsOf(id).map(citationText);
      expect(new Set(texts).size, id).toBe(texts.length);
    }
  });

  it("says why of everything that is supporting, and explains nothing that a control does not cite", () => {
    for (const id of CONTROL_IDS) {
      const { why = {}, supporting = {} }: Control = CONTROLS[id];
      const cited = citationsOf(id);
      const direct = cited.filter(({ strength }) => strength === undefined).map(citationText);
      for (const clause of Object.keys(why)) expect(direct, `${id}: why ${clause}`).toContain(clause);
      for (const clause of Object.keys(supporting)) expect(direct, `${id}: supporting ${clause}`).not.toContain(clause);
      for (const reason of [...Object.values(why), ...Object.values(supporting)]) expect(reason, id).toMatch(/^[A-Z].{20,}\.$/);
    }
  });
});

describe("citations", () => {
  it("are those of the control, with what the law does not ask for itself behind the others", () => {
    expect(citationsOf("SSH-19")).toEqual([
      { framework: "GDPR", reference: "32(1)(b) confidentiality" },
      {
        framework: "HIPAA",
        reference: "164.308(a)(4)(i)",
        strength: "supporting",
        why: "It says to whoever connects that only the authorized may.",
      },
    ]);
    expect(citationsOf("SSH-02").map(citationText)).toEqual(["164.312(a)(2)(i)", "164.312(d)", "GDPR 32(1)(b) confidentiality"]);
  });

  it("of several controls name each place once, the first control's first place first, and as asked for where one asks for it", () => {
    const both: readonly [ControlId, ControlId] = ["MON-04", "LOG-03"];
    expect(citationsOf("MON-04").map(({ reference, strength }) => [reference, strength])).toContainEqual(["164.312(b)", "supporting"]);
    expect(citationsOfAll(both).map(({ reference, strength }) => [reference, strength])).toEqual([
      ["164.308(a)(7)(i)", undefined],
      ["164.312(b)", undefined],
      ["32(1)(b) availability", undefined],
    ]);
    expect(citationsOfAll(["LOG-03", "MON-04"])[0]).toEqual({ framework: "HIPAA", reference: "164.312(b)" });
  });
});

describe("the waivers", () => {
  it("name a control once each, and why in sentences", () => {
    const waived = WAIVERS.map(({ control }) => control);
    expect(new Set(waived).size).toBe(waived.length);
    for (const { reason } of WAIVERS) expect(reason).toMatch(/^[A-Z].{40,}(\.|0008\.)$/);
  });
});
