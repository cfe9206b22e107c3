/** What the operator attests: the file is read whole or refused with every fault at its line, and holds for a time. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLAUSES } from "../../../../components/compliance/law";
import { ATTESTABLE, attestationsBeside, attestedOn, loadAttestations, readAttestations } from "../../../../ops/lib/attestations";
import { OperatorError } from "../../../../ops/lib/errors";

const GOOD = {
  clause: "164.308(a)(2)",
  statement: "Dr. Anna Example is the security official.",
  by: "Anna Example, practice owner",
  on: "2026-11-02",
};

function yaml(...entries: readonly object[]): string {
  return entries
    .map((one) =>
      Object.entries(one)
        .map(([key, value], index) => `${index === 0 ? "- " : "  "}${key}: ${JSON.stringify(value)}\n`)
        .join(""),
    )
    .join("");
}

function faultsOf(text: string): readonly string[] {
  try {
    readAttestations("a.yaml", text);
  } catch (error) {
    if (error instanceof OperatorError) return [`code ${String(error.code)}`, ...error.message.split("\n")];
    throw error;
  }
  return [];
}

describe("attestations", () => {
  it("are beside the file of the stack, and none where there is no such file", () => {
    expect(attestationsBeside("/srv/clinic/Pulumi.prod.yaml")).toBe("/srv/clinic/attestations.prod.yaml");
    const directory = mkdtempSync(join(tmpdir(), "phiward-"));
    try {
      const path = join(directory, "attestations.prod.yaml");
      expect(loadAttestations(path)).toEqual([]);
      writeFileSync(path, yaml(GOOD));
      expect(loadAttestations(path)).toEqual([{ ...GOOD, until: "2027-11-03" }]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("may be an empty file, and may have dates without quotation marks", () => {
    expect(readAttestations("a.yaml", "# nothing yet\n")).toEqual([]);
    expect(readAttestations("a.yaml", yaml(GOOD).replace('"2026-11-02"', "2026-11-02"))[0]?.on).toBe("2026-11-02");
  });

  it("are of clauses that leave something to the operator", () => {
    const left = CLAUSES.filter(({ treatment: { by } }) => by === "operator").map(({ id }) => id);
    expect(ATTESTABLE).toEqual(expect.arrayContaining(left));
    expect(ATTESTABLE).toContain("164.308(a)(8)");
    for (const id of ["164.310(a)(1)", "164.312(e)(1)", "GDPR 28(7)"]) expect(ATTESTABLE).not.toContain(id);
  });

  it.each([
    ["an unknown clause", { clause: "164.308(a)(9)" }, "a.yaml:1: 0.clause: found "],
    ["a clause of the provider", { clause: "164.310(a)(1)" }, "allowed: a clause that docs/law.md leaves to the operator"],
    ["a short statement", { statement: "done" }, "a.yaml:2: 0.statement: found text of 4 characters, allowed: what was done"],
    ["a name over two lines", { by: "Anna\nBob" }, "a.yaml:3: 0.by: found "],
    ["a day that is none", { on: "2026-02-30" }, 'a.yaml:4: 0.on: found "2026-02-30", allowed: '],
    ["an end before the beginning", { until: "2026-11-01" }, "0.until: found "],
    ["an end too far ahead", { until: "2027-11-04" }, "allowed: a day up to 366 days after that of `on`"],
    ["an unknown key", { approved: true }, "found the unknown key"],
  ])("are refused with %s", (_, change, says) => {
    const [code, ...faults] = faultsOf(yaml({ ...GOOD, ...change }));
    expect(code).toBe("code 3");
    expect(faults.join("\n")).toContain(says);
  });

  it.each(["clause", "statement", "by", "on"] as const)("are refused without %s, at the line of the entry", (key) => {
    const rest = Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== key));
    expect(faultsOf(`# a comment\n${yaml(rest)}`).join("\n")).toContain(`a.yaml:2: 0.${key}: found nothing, allowed: `);
  });

  it("are refused with all faults at once, each at its line, and with none of their text", () => {
    const faults = faultsOf(yaml({ ...GOOD, by: "" }, { ...GOOD, statement: "hunter2" }));
    expect(faults).toHaveLength(3);
    expect(faults[1]).toContain("a.yaml:3: 0.by");
    expect(faults[2]).toContain("a.yaml:6: 1.statement");
    expect(faults.join("\n")).not.toContain("hunter2");
  });

  it("are refused as a whole where the file is no list, no YAML, or has an alias", () => {
    expect(faultsOf("clause: x\n")[1]).toContain("a.yaml:1: attestations: found an object, allowed: a YAML list");
    expect(faultsOf("- [\n")[1]).toMatch(/^a\.yaml:\d+: not valid YAML/);
    expect(faultsOf("- &a {by: x}\n- *a\n")[1]).toContain("found an alias");
  });

  it("hold from their day to their last one, the newest first", () => {
    const old = { ...GOOD, clause: "164.308(a)(2)", on: "2025-11-02", until: "2026-11-02" } as const;
    const fresh = { ...old, on: "2026-11-02", until: "2027-11-02" } as const;
    expect(attestedOn("2026-11-01", [fresh, old]).get("164.308(a)(2)")).toEqual(old);
    expect(attestedOn("2026-11-02", [fresh, old]).get("164.308(a)(2)")).toEqual(fresh);
    expect(attestedOn("2027-11-02", [fresh, old]).size).toBe(1);
    expect(attestedOn("2027-11-03", [fresh, old]).size).toBe(0);
    expect(attestedOn("2025-11-01", [fresh, old]).size).toBe(0);
  });
});
