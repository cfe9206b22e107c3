import { describe, expect, it } from "vitest";
import { textFile } from "../../../../components/plan/files";
import { hostPlan } from "../../../../components/plan/hostPlan";
import { ANY, type Cause, type ConcernPlan, EMPTY_PLAN, type Step } from "../../../../components/plan/types";

const FILE = textFile("/etc/one.conf", "one\n");
const DIRECTORY = { path: "/etc/one.d", owner: "root:root", mode: "0755" } as const;
const ABSENT = { noun: "settings", glob: "/etc/one.d/*.old" } as const;

function step(id: string, on: readonly Cause[], phase: Step["phase"] = "after"): Step {
  return { id, argv: ["true"], phase, when: { kind: "change", on }, undo: { kind: "none" } };
}

function planOf(parts: Partial<ConcernPlan>): ConcernPlan {
  return { ...EMPTY_PLAN, files: [FILE], directories: [DIRECTORY], absent: [ABSENT], ...parts };
}

/** Names that the last step waits for, as the host gets them. */
function waitsFor(...steps: readonly Step[]): readonly string[] {
  const when = hostPlan("trial", null, planOf({ steps })).steps.at(-1)?.when;
  return when?.kind === "change" ? when.on : [];
}

describe("the plan that a host gets", () => {
  it("names what a step waits for: files, directories, globs, earlier steps, or any change", () => {
    const first = step("first", [ANY]);
    expect(waitsFor(first, step("second", [FILE, DIRECTORY, ABSENT, first, ANY]))).toEqual([
      "/etc/one.conf",
      "/etc/one.d",
      "/etc/one.d/*.old",
      "first",
      "*",
    ]);
  });

  it("names the files of a checker", () => {
    const validators = [{ id: "checker", argv: ["true"], files: [FILE, DIRECTORY] }];
    expect(hostPlan("trial", null, planOf({ validators })).validators).toEqual([
      { id: "checker", argv: ["true"], files: ["/etc/one.conf", "/etc/one.d"] },
    ]);
  });

  it("keeps the order of the steps, of which all before the files run before all after", () => {
    const before = step("before", [FILE], "before");
    const after = step("after", [before]);
    expect(hostPlan("trial", 20, planOf({ steps: [after, before] }))).toMatchObject({
      unit: "trial",
      deadManSeconds: 20,
      steps: [{ id: "after" }, { id: "before" }],
    });
  });

  it.each<[string, Partial<ConcernPlan>, string]>([
    ["a step on a file of another plan", { steps: [step("reload", [textFile("/etc/other.conf", "")])] }, "reload refers to"],
    ["a step on a copy of its file", { steps: [step("reload", [{ ...FILE }])] }, "reload refers to"],
    ["a step on a step that is not there", { steps: [step("reload", [step("other", [ANY])])] }, "reload refers to"],
    [
      "a checker of a file that is not there",
      { files: [], validators: [{ id: "checker", argv: ["true"], files: [FILE] }] },
      "checker refers to",
    ],
    ["two files of one path", { files: [FILE, textFile(FILE.path, "two\n")] }, "two parts of the plan are called /etc/one.conf"],
    ["two steps of one id", { steps: [step("reload", [ANY]), step("reload", [FILE])] }, "two parts of the plan are called reload"],
  ])("refuses %s", (_, parts, says) => {
    expect(() => hostPlan("trial", null, planOf(parts))).toThrow(`trial: `);
    expect(() => hostPlan("trial", null, planOf(parts))).toThrow(says);
  });

  it.each<[string, Partial<ConcernPlan>, string]>([
    ["a file in a home", { files: [textFile("/home/alice/.profile", "")] }, "found the path /home/alice/.profile, allowed: one outside"],
    ["a file of root's home", { files: [textFile("/root/.ssh/authorized_keys", "")] }, "allowed: one outside of homes"],
    ["the directory of homes", { directories: [{ ...DIRECTORY, path: "/home" }] }, "allowed: one outside of homes"],
    ["a way to a home by ..", { writes: ["/etc/../home/alice/x"] }, "allowed: one from the root without empty parts, . and .."],
    ["a way to a home by an empty part", { reports: [{ id: "key", path: "//home/alice/x" }] }, "without empty parts"],
    ["a glob in homes", { absent: [{ noun: "keys", glob: "/home/*/.ssh/authorized_keys*" }] }, "allowed: one outside of homes"],
    ["a glob that homes match", { absent: [{ noun: "keys", glob: "/*/alice/.ssh/keys" }] }, "allowed: wildcards in the last part alone"],
    ["a glob for a part of the way", { absent: [{ noun: "keys", glob: "/h[o]me/x" }] }, "allowed: wildcards in the last part alone"],
  ])("refuses %s", (_, parts, says) => {
    expect(() => hostPlan("trial", null, planOf(parts))).toThrow("trial: found the ");
    expect(() => hostPlan("trial", null, planOf(parts))).toThrow(says);
  });

  it("refuses a step on one that has not run by then", () => {
    const after = step("after", [ANY]);
    expect(() => hostPlan("trial", null, planOf({ steps: [step("early", [after]), after] }))).toThrow("early refers to");
    expect(() => hostPlan("trial", null, planOf({ steps: [after, step("early", [after], "before")] }))).toThrow("early refers to");
  });
});
