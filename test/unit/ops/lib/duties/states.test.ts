import { describe, expect, it } from "vitest";
import type { RecordLine } from "../../../../../ops/lib/duties/record";
import { dutyStates } from "../../../../../ops/lib/duties/states";

function line(duty: string, on: string, isDeclared = true): RecordLine {
  const [by, note, at] = ["alice", "It was done, and nothing was found.", "2026-11-02T08:00:00Z"];
  return { stack: "prod", duty, on, at, by, note, previous: null, isDeclared };
}

function standing(today: string, duty: string, lines: readonly RecordLine[], unvouched: readonly string[] = []): readonly unknown[] {
  const found = dutyStates(today, { lines, unvouched }).find((state) => state.duty.id === duty);
  return [found?.standing, found?.next];
}

describe("a duty of people", () => {
  it.each([
    ["records-read", "2026-11-08", ["due", "2026-11-09"]],
    ["records-read", "2026-11-06", ["done", "2026-11-09"]],
    ["records-read", "2026-11-09", ["due", "2026-11-09"]],
    ["records-read", "2026-11-10", ["overdue", "2026-11-09"]],
    ["access-reviewed", "2027-02-02", ["due", "2027-02-02"]],
    ["access-reviewed", "2027-02-03", ["overdue", "2027-02-02"]],
    ["keys-rotated", "2027-10-01", ["done", "2027-11-03"]],
  ])("%s that was done on 2026-11-02 is on %s %j", (duty, today, expected) => {
    expect(standing(today, duty, [line(duty, "2026-11-02")])).toEqual(expected);
  });

  it("is overdue where nobody ever did it, and counts by its latest day, in whatever order it was put on record", () => {
    expect(standing("2026-11-03", "training-held", [])).toEqual(["overdue", undefined]);
    const lines = [line("records-read", "2026-11-09"), line("records-read", "2026-11-02")];
    expect(standing("2026-11-10", "records-read", lines)).toEqual(["done", "2026-11-16"]);
  });

  it("counts no line that nobody declared stands by", () => {
    const lines = [
      line("records-read", "2026-11-02", false),
      line("keys-rotated", "2026-11-02"),
      line("records-read", "2026-11-09", false),
    ];
    expect(standing("2026-11-10", "records-read", lines, ["mallory"])).toEqual(["overdue", "2026-11-09"]);
  });
});
