import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { actsText } from "../../../../../ops/commands/audit";
import type { AuditAct } from "../../../../../ops/lib/audit/acts";
import { actsWithCommits, updatesOf, withCommits } from "../../../../../ops/lib/audit/commits";

const HEAD = "0123456789abcdef0123456789abcdef01234567";
const FROM = new Date("2026-11-27T00:00:00Z");

function update(begin: string, end: string | undefined, environment: Readonly<Record<string, string>> = { "git.head": HEAD }): object {
  return { kind: "update", startTime: begin, ...(end === undefined ? {} : { endTime: end }), environment, config: {} };
}

function act(time: string, kind: AuditAct["kind"] = "deploy"): AuditAct {
  return { time, host: "web", kind, what: "apply ssh", who: "alice", outcome: "success" };
}

const STACK = { stack: "prod", context: { file: "Pulumi.prod.yaml" } } as never; // what it reads of a stack

describe("the commits of deploys", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "phiward-commits-"));
    vi.stubEnv("PATH", `${directory}:${String(process.env["PATH"])}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });

  /** Has `pulumi` be a program that writes down what it was asked, and answers `stack history` with these lines. */
  function pulumi(...lines: readonly string[]): void {
    const answer = ['[ "$1" = version ] && { echo v3.259.0; exit; }', `echo "$*" >> ${directory}/asked`, ...lines];
    writeFileSync(join(directory, "pulumi"), ["#!/bin/sh", ...answer, ""].join("\n"));
    chmodSync(join(directory, "pulumi"), 0o755);
  }

  function history(...updates: readonly object[]): void {
    writeFileSync(join(directory, "history.json"), JSON.stringify(updates));
    pulumi(`cat ${directory}/history.json`);
  }

  it("are those of the update that they happened in, with a plus where the work tree had changes", () => {
    history(
      update("2026-11-27T10:00:00.000Z", "2026-11-27T10:02:00.000Z", { "git.head": HEAD, "git.dirty": "true" }),
      update("2026-11-27T09:00:00.000Z", "2026-11-27T09:01:00.000Z"),
    );
    const acts = ["2026-11-27T09:00:30.000001Z", "2026-11-27T10:01:00.000001Z", "2026-11-27T11:00:00.000001Z"].map((time) => act(time));
    const found = actsWithCommits([...acts, act("2026-11-27T09:00:30.000002Z", "login")], STACK, FROM);
    expect(found.reason).toBeUndefined();
    expect(found.acts.map(({ commit }) => commit)).toEqual(["0123456789ab", "0123456789ab+", undefined, undefined]);
    expect(actsText(found.acts)).toContain("apply ssh, commit 0123456789ab+\n");
  });

  it("are not told of two updates at once, of one without a commit, and after the beginning of one that was killed", () => {
    const other = { "git.head": HEAD.replace("0", "f") };
    const updates = updatesOf(
      JSON.stringify([
        update("2026-11-27T10:00:00Z", "2026-11-27T10:02:00Z"),
        update("2026-11-27T10:01:00Z", "2026-11-27T10:03:00Z", other),
        update("2026-11-27T09:00:00Z", "2026-11-27T09:01:00Z", {}),
        update("2026-11-27T08:00:00Z", undefined),
        update("2026-11-27T07:00:00Z", "2026-11-27T07:01:00Z", { "git.head": "\u001b[31m" }),
      ]),
    );
    const times = ["10:01:30", "10:00:10", "09:00:30", "08:00:02", "08:01:00", "07:00:30"].map((time) => act(`2026-11-27T${time}.000000Z`));
    expect(withCommits(times, updates).map(({ commit }) => commit)).toEqual([
      ...[undefined, "0123456789ab", undefined, "0123456789ab", undefined, undefined],
    ]);
  });

  it("are looked for as far back as acts are asked for, and no further", () => {
    const page = Array.from({ length: 50 }, (_, index) => update(`2026-11-${index < 49 ? "27" : "26"}T10:00:00Z`, "2026-11-27T10:02:00Z"));
    history(...page);
    actsWithCommits([act("2026-11-27T10:00:00.000000Z")], STACK, FROM);
    history(...page.slice(0, 49), update("2026-11-27T10:00:00Z", undefined));
    pulumi(`case "$*" in *"--page 3"*) echo '[]';; *) cat ${directory}/history.json;; esac`);
    actsWithCommits([act("2026-11-27T10:00:00.000000Z")], STACK, FROM);
    const asked = readLines();
    expect(asked.map((line) => /--page (\d+)/.exec(line)?.[1])).toEqual(["1", "1", "2", "3"]);
    expect(asked[0]).toBe("stack history --json --stack prod --page-size 50 --page 1 --non-interactive");
  });

  it("are left out with a reason where Pulumi gives no history, and the acts are all there", () => {
    const acts = [act("2026-11-27T10:00:00.000000Z")];
    pulumi("echo 'error: no stack named prod' >&2; exit 1");
    expect(actsWithCommits(acts, STACK, FROM)).toEqual({
      acts,
      reason: "deploys are shown without their commits: pulumi stack: error: no stack named prod",
    });
    pulumi("echo '{}'");
    expect(actsWithCommits(acts, STACK, FROM).reason).toContain("an answer of another form");
    vi.stubEnv("PATH", "/nowhere");
    expect(actsWithCommits(acts, STACK, FROM).reason).toContain("found no pulumi on PATH");
    expect(actsWithCommits([act("2026-11-27T10:00:00.000000Z", "login")], STACK, FROM).reason).toBeUndefined();
  });

  function readLines(): readonly string[] {
    return readFileSync(join(directory, "asked"), "utf8").trimEnd().split("\n");
  }
});
