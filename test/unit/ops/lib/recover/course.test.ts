import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Course, courseBeside, type Recovery, recoveryUnderWay } from "../../../../../ops/lib/recover/course";

const RECOVERY: Recovery = {
  ...{ host: "web", onto: "192.0.2.99", hostKey: "ssh-ed25519 NEW", before: null, why: "a test", who: "alice" },
  ...{ began: "2026-11-01T00:00:00.000Z", ended: null, steps: [] },
};

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "course-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe("the course of a recovery", () => {
  it("goes on where it was cut off: what is done is not done again, and what failed is", async () => {
    const path = courseBeside(join(directory, "Pulumi.t.yaml"), "t", "web");
    const done: string[] = [];
    const work = (name: string) => () => {
      done.push(name);
      return Promise.resolve(`${name} is done`);
    };
    const first = new Course(path, RECOVERY, () => undefined);
    first.begin();
    await first.step("file", work("file"));
    await expect(first.step("adopt", () => Promise.reject(new Error("no answer")))).rejects.toThrow("no answer");

    const under = recoveryUnderWay(path);
    if (under === undefined) throw new Error("nothing is under way");
    const said: string[] = [];
    const second = new Course(path, under, (line) => said.push(line));
    await second.step("file", work("file"));
    await second.step("adopt", work("adopt"));
    expect(done).toEqual(["file", "adopt"]);
    expect(said).toEqual([
      expect.stringMatching(/^file: done before, in \d+\.\d s: file is done$/),
      expect.stringMatching(/^adopt: adopt is done \(\d+\.\d s\)$/),
    ]);
    expect(second.end()).toMatch(/^ {2}file +\d+\.\d s\n {2}adopt +\d+\.\d s\n {2}all +\d+\.\d s, /);
    expect(recoveryUnderWay(path)).toBeUndefined();
  });

  it("is refused where its file is another text", () => {
    const path = courseBeside(join(directory, "Pulumi.t.yaml"), "t", "web");
    writeFileSync(path, "{}");
    expect(() => recoveryUnderWay(path)).toThrow(/found another text, allowed: the course of a recovery/);
  });
});
