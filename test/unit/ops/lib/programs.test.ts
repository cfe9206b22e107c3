import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { answerOf, runSync } from "../../../../ops/lib/process";
import { isInstalled, PROGRAMS, programFile, through } from "../../../../ops/lib/programs";

const ROOT = resolve(__dirname, "../../../..");

describe("a program", () => {
  it("is found on PATH and in the administrator's directories, and named with its package where it is missing", () => {
    expect(programFile("sh")).toMatch(/\/sh$/);
    expect(() => programFile("pulumi", { PATH: "/nowhere" })).toThrow(
      "pulumi: found no such program on PATH, allowed: the one from https://www.pulumi.com/docs/install",
    );
    expect(() => programFile("vitest", { PATH: "/nowhere" })).toThrow("the one of npm's package vitest; npm ci");
    expect(() => runSync(["age"], { env: { PATH: "/nowhere" } })).toThrow("apt-get install age");
    expect(isInstalled("sh")).toBe(true);
  });

  it("may be run by another one", () => {
    expect(through([], ["nmap", "-V"])).toEqual(["nmap", "-V"]);
    expect(through(["nsenter", "--net=/run/netns/a", "--"], ["nmap"])).toEqual(["nsenter", "--net=/run/netns/a", "--", "nmap"]);
  });

  it("answers with its exit status and both outputs, and need not read its input", async () => {
    expect(await answerOf(["sh", "-c", "cat; echo no >&2; exit 3"], { stdin: "in" })).toEqual({ code: 3, stdout: "in", stderr: "no\n" });
    expect((await answerOf(["true"], { stdin: "x".repeat(5_000_000) })).code).toBe(0);
    expect((await answerOf(["sleep", "60"], { timeout: 100 })).code).toBe(255);
  });
});

describe("the list of programs", () => {
  it("says of each who uses it and what for", () => {
    for (const [name, { usedBy, purpose }] of Object.entries(PROGRAMS)) {
      expect(usedBy.length, name).toBeGreaterThan(0);
      expect(purpose, name).toMatch(/^[a-z].*[^.]$/);
    }
  });

  it("is all that can be started: one file imports node:child_process, beside what runs before anything is compiled", () => {
    const importers = globSync("{ops,sandbox,test,components,policies}/**/*.{ts,cjs}", { cwd: ROOT, exclude: ["policies/bin*/**"] }).filter(
      (file) => /from "node:child_process"|require\("node:child_process"\)/.test(readFileSync(join(ROOT, file), "utf8")),
    );
    expect(importers.sort()).toEqual(["ops/build.cjs", "ops/lib/process.ts", "ops/phiward.cjs", "test/unit/ops/lib/programs.test.ts"]);
  });
});
