/** The controls catalogue: what its types refuse, what it says, and what it gives to checks and rules. */
import { describe, expect, it } from "vitest";
import type { Control } from "../../../../components/compliance/control";
import { CONTROL_IDS, CONTROLS, type ControlId, citationsOf, citationsOfAll } from "../../../../components/compliance/controls";
import { citationText, GDPR, HIPAA } from "../../../../components/compliance/law";
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
    const whole: Control = { title: "Something", gdpr: ["32(1)(b)"] };
    expect([uncited, empty, misspelt, whole]).toHaveLength(4);
  });
});

describe("the catalogue", () => {
  it("keeps every id of the list that it was made from, and numbers each area without a gap", () => {
    expect(CONTROL_IDS).toHaveLength(278);
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

  it("cites a place once for a control, and uses every place of the law that it knows", () => {
    const places = CONTROL_IDS.flatMap((id) => {
      const texts = citationsOf(id).map(citationText);
      expect(new Set(texts).size, id).toBe(texts.length);
      return texts;
    });
    const known = [...Object.keys(HIPAA), ...Object.keys(GDPR).map((place) => `GDPR ${place}`)];
    expect([...new Set(places)].sort()).toEqual(known.sort());
  });
});

describe("citations", () => {
  it("are those of the control, with what the law does not ask for itself behind the others", () => {
    expect(citationsOf("SSH-19")).toEqual([
      { framework: "GDPR", reference: "32(1)(b)" },
      { framework: "HIPAA", reference: "164.308(a)(4)(i)", strength: "supporting" },
    ]);
    expect(citationsOf("SSH-02").map(citationText)).toEqual(["164.312(a)(2)(i)", "164.312(d)", "GDPR 32(1)(b)"]);
  });

  it("of several controls name each place once, the first control's first place first, and as asked for where one asks for it", () => {
    const both: readonly [ControlId, ControlId] = ["MON-04", "LOG-03"];
    expect(citationsOf("MON-04")).toContainEqual({ framework: "HIPAA", reference: "164.312(b)", strength: "supporting" });
    expect(citationsOfAll(both)).toEqual([
      { framework: "HIPAA", reference: "164.308(a)(7)(i)" },
      { framework: "HIPAA", reference: "164.312(b)" },
      { framework: "GDPR", reference: "32(1)(b)" },
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
