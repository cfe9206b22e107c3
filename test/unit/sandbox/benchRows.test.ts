import { describe, expect, it } from "vitest";
import { median, row } from "../../../sandbox/benchRows";

describe("a line of make bench", () => {
  it("has the median, which one slow round does not move, in whatever order they came", () => {
    expect(median([3, 100, 2])).toBe(3);
    expect(median([4, 1])).toBe(4);
  });

  it("has the seconds, and their ratio to what they are compared with", () => {
    expect(row("preview", 4.644, ["the empty one", 2.322])).toMatch(/^preview +4\.64 s {3}2\.00 of the empty one$/);
    expect(row("preview", 2)).toMatch(/^preview +2\.00 s$/);
  });
});
