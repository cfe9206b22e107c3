/** Each candidate for a rule has become one, or has a reason: no row of the catalogue is forgotten. */
import { describe, expect, it } from "vitest";
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { CANDIDATES } from "./candidates";

// How many rows each family of the catalogue has.
const ROWS = { AC: 36, ID: 8, EM: 2, LO: 3, LM: 5, EN: 13, AU: 16, IN: 9, AE: 5, TX: 17, BK: 10, DC: 9 };

describe("the catalogue of candidates", () => {
  it("has every row of every family, each by another name", () => {
    const families = Object.groupBy(Object.keys(CANDIDATES), (id) => id.slice(0, 2));
    expect(Object.fromEntries(Object.entries(families).map(([family, ids]) => [family, ids?.length]))).toEqual(ROWS);
    expect(new Set(Object.values(CANDIDATES).map(({ name }) => name)).size).toBe(133);
  });

  it("names rules that there are", () => {
    const ids = [...RULES, ...HOST_RULES, ...STACK_RULES].map(({ id }) => id);
    for (const [id, row] of Object.entries(CANDIDATES))
      for (const rule of "rules" in row ? row.rules : [])
        expect({ id, rule, isThere: ids.includes(rule) }).toEqual({ id, rule, isThere: true });
  });

  it("gives a sentence for each row that no rule asks for, which are fewer than one in six", () => {
    const reasons = Object.values(CANDIDATES).flatMap((row) => ("reason" in row ? [row.reason] : []));
    for (const reason of reasons) expect(reason).toMatch(/^[A-Z].{30,}\.$/);
    expect(reasons.length).toBeLessThan(133 / 6);
  });
});
