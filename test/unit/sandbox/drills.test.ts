import { describe, expect, it } from "vitest";
import { INCIDENTS } from "../../../ops/verbs/recover";
import { type DrillResult, drillNote, drillText, late } from "../../../sandbox/drills/figures";
import { DRILLS } from "../../../sandbox/drills/scenarios";

const RESULT: DrillResult = {
  drill: "lost-host",
  at: "2026-11-01T00:00:00.000Z",
  parts: { detected: 140.24, isolated: "nothing of it runs", evidence: 301, recovered: 400 },
  longer: { detected: { seconds: 180, why: "two minutes of silence are a fault" } },
  proven: ["the clean host serves"],
};

describe("drills", () => {
  it("are those that the command line has, and those that lose a host come last", () => {
    expect(DRILLS.map(({ name }) => name)).toEqual(INCIDENTS);
    expect(DRILLS.map(({ loses }) => loses)).toEqual(DRILLS.map(({ loses }) => loses).toSorted());
  });
});

describe("what a drill measured", () => {
  it("is shown beside what was aimed at, with what was late, what takes longer by design, and what there was none of", () => {
    expect(drillText(RESULT).split("\n")).toEqual([
      "drill lost-host of 2026-11-01T00:00:00.000Z",
      expect.stringMatching(/^ +an alert arrived +140\.2 s +aim 60 s {2}by design: two minutes of silence are a fault$/),
      expect.stringMatching(/^ +the attacker is cut off +- +nothing of it runs$/),
      expect.stringMatching(/^ +evidence is complete +301\.0 s +aim 300 s {2}LATE$/),
      expect.stringMatching(/^ +a clean host serves +400\.0 s +aim 900 s$/),
      "  - the clean host serves",
    ]);
  });

  it("is late by the aim, and by a time that is longer by design where it has one", () => {
    expect(late(RESULT)).toEqual(["evidence"]);
    expect(late({ ...RESULT, longer: {} })).toEqual(["detected", "evidence"]);
    expect(late({ ...RESULT, parts: { ...RESULT.parts, detected: 181 } })).toEqual(["detected", "evidence"]);
  });

  it("is a note of one line for the record of duties", () => {
    expect(drillNote(RESULT)).toBe(
      "drill lost-host of 2026-11-01T00:00:00.000Z in a sandbox: detected 140.2 s (aim 60 s), evidence 301.0 s (aim 300 s), recovered 400.0 s (aim 900 s); 1 proof; late: evidence",
    );
  });
});
