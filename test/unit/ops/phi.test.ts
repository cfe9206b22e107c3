import { describe, expect, it } from "vitest";
import { phiText } from "../../../ops/commands/phi";

const ENTRY = { server: "db", database: "api", epoch: 2, retired: 0, rows: 0, unreadable: 0, looked: 0, pages: 0, clean: null };
const text = (change: object, state = "inactive"): string => phiText("web", { state, databases: [{ ...ENTRY, ...change }] });

describe("how far patients' columns are", () => {
  it("is said with what is left to do", () => {
    expect(text({ epoch: 1 })).toContain("  api in db, key 1: there is no earlier one");
    expect(text({})).toContain("! api in db, key 2: not looked through yet, 0 rows brought to it; earlier keys are still needed");
    expect(text({ looked: 25, pages: 100, rows: 1, unreadable: 3 }, "activating")).toBe(
      "web: patients' columns, and the host is at it\n! api in db, key 2: 25 % looked through, 1 row brought to it, 3 values that no key opens; earlier keys are still needed",
    );
    expect(text({ clean: 1_790_000_000, rows: 7, pages: 9 })).toContain(
      "no row needs an earlier one since 2026-09-21T14:13 UTC, 7 rows brought to it; phi.retired: 1 lets the earlier ones go with the next deploy",
    );
    expect(text({ clean: 1_790_000_000, retired: 1 })).not.toContain("phi.retired");
  });
});
