/** A baseline: what a stack has is accepted once, and what is new fails. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { StackConfig } from "../../components/config/schema";
import { judgeStack } from "../../ops/commands/policy";
import { type BaselineTerms, writeBaseline } from "../../ops/lib/baseline";
import { isRefused, type Judged, type PolicyRecord, resultsOf } from "../../ops/lib/record";
import { stackWaivers, withWaivers } from "../../ops/lib/waivers";
import { ALL_RULES, RULES } from "../../policies/all";
import { CONFIG } from "./fixtures";

const TODAY = "2026-11-27";
const TERMS = {
  reason: "The stack is older than the policies; see the plan.",
  owner: "anna",
  approver: "ben",
  ticket: "OPS-9",
  expires: "2027-02-28",
};
const place = mkdtempSync(join(tmpdir(), "baseline-"));
const STACK = join(place, "Pulumi.test.yaml");
const FILE = join(place, "waivers.test.yaml");

beforeEach(() => {
  rmSync(FILE, { force: true });
});
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

function tries(maxRetry: number): StackConfig {
  return { ...CONFIG, bans: { ...CONFIG.bans, maxRetry } };
}

function judged(config: StackConfig): PolicyRecord {
  return judgeStack("test", config, RULES, stackWaivers(STACK, TODAY, config));
}

function baseline(record: PolicyRecord, terms: BaselineTerms = TERMS): ReturnType<typeof writeBaseline> {
  return writeBaseline(record, STACK, terms, TODAY);
}

function entries(): readonly unknown[] {
  return parse(readFileSync(FILE, "utf8")) as readonly unknown[];
}

describe("a baseline", () => {
  it("accepts what is found now, and nothing that comes later", () => {
    const { accepted, refused, path } = baseline(judged(tries(9)));
    expect({ accepted, refused, path }).toEqual({ accepted: 4, refused: [], path: FILE });
    expect(entries()[0]).toMatchObject({ rule: "fail2ban-guards-sshd", resource: "web1/fail2ban", ...TERMS, baseline: true });
    expect(readFileSync(FILE, "utf8").match(/^ {2}finding: "?[0-9a-f]{16}"?$/gm)?.length).toBe(4);
    expect(isRefused(judged(tries(9)))).toBe(false);
    expect(judged(tries(9)).results.filter(({ outcome }) => outcome === "waived").length).toBe(2);
    // Worse than it was, and at another place.
    expect(isRefused(judged(tries(10)))).toBe(true);
    expect(isRefused(judged({ ...tries(9), docker: { ...CONFIG.docker, limits: "unavailable" } }))).toBe(false);
    expect(isRefused(judged({ ...tries(9), adminNetworks: ["0.0.0.0/0"] }))).toBe(true);
  });

  it("ends by itself", () => {
    baseline(judged(tries(9)));
    expect(isRefused(judgeStack("test", tries(9), RULES, stackWaivers(STACK, "2027-02-28", tries(9))))).toBe(false);
    expect(isRefused(judgeStack("test", tries(9), RULES, stackWaivers(STACK, "2027-03-01", tries(9))))).toBe(true);
  });

  it("is added to what people wrote, to the letter, and not a second time", () => {
    const own = `# ours\n- ${JSON.stringify({ rule: "fail2ban-guards-sshd", resource: "store1/fail2ban", ...TERMS })} # kept`;
    writeFileSync(FILE, own);
    expect(baseline(judged(tries(9))).accepted).toBe(2);
    expect(readFileSync(FILE, "utf8").startsWith(`${own}\n# Baseline of 2026-11-27`)).toBe(true);
    expect(isRefused(judged(tries(9)))).toBe(false);
    const before = readFileSync(FILE, "utf8");
    expect(() => baseline(judged(tries(10)))).toThrow(/waivers\.test\.yaml:4: found a baseline, allowed: one of a stack/);
    expect(readFileSync(FILE, "utf8")).toBe(before);
  });

  it("accepts nothing that cannot be waived, and says what that is", () => {
    const open = { ...tries(9), publicPorts: [...CONFIG.publicPorts, { port: 5432, purpose: "a test", protocol: "tcp" as const }] };
    const { refused } = baseline(judged(open));
    expect(refused).toEqual(["no-public-database-port"]);
    expect(readFileSync(FILE, "utf8")).not.toContain("no-public-database-port");
    expect(isRefused(judged(open))).toBe(true);
  });

  it("writes nothing where nothing is found", () => {
    expect(baseline(judged(CONFIG)).accepted).toBe(0);
    expect(() => entries()).toThrow();
  });

  it("tells all terms that are missing or wrong, as the options that they are", () => {
    const said = (terms: BaselineTerms): readonly string[] => {
      try {
        baseline(judged(tries(9)), terms);
        return [];
      } catch (error) {
        return String(error instanceof Error ? error.message : error)
          .split("\n")
          .map((line) => line.split(":")[0] ?? "");
      }
    };
    expect(said({})).toEqual(["--reason", "--owner", "--approver", "--ticket", "--expires"]);
    expect(said({ ...TERMS, approver: "Anna" })).toEqual(["--approver"]);
    expect(said({ ...TERMS, expires: "2027-05-27", reason: "short" })).toEqual(["--reason", "--expires"]);
    expect(() => entries()).toThrow();
  });

  it.each([
    ["faults", stringify([{ rule: "x" }]), "0.reason: found nothing"],
    ["a list in brackets", "[]\n", "Nothing was written: the file would have faults."],
  ])("changes no file with %s", (_, text, words) => {
    writeFileSync(FILE, text);
    expect(() => baseline(judged({ ...tries(9) }))).toThrow(words);
    expect(readFileSync(FILE, "utf8")).toBe(text);
  });

  it("tells findings of one place apart that are alike, whatever their places in a list", () => {
    const [rule] = ALL_RULES.filter(({ id }) => id === "container-limited");
    const found = (...indexes: readonly number[]): readonly Judged[] =>
      rule === undefined
        ? []
        : [
            {
              rule,
              place: { where: "web-services", type: "phiward:docker:Services" },
              violations: indexes.map((index) => ({ at: `containers.${String(index)}.memory`, found: "nothing", allowed: "a number" })),
              unknown: [],
            },
          ];
    const record = (judged: readonly Judged[]): PolicyRecord => ({
      stack: "test",
      judged: {},
      rules: 1,
      functions: [],
      results: resultsOf(ALL_RULES, withWaivers(judged, stackWaivers(STACK, TODAY), true)),
    });
    expect(baseline(record(found(0, 1))).accepted).toBe(2);
    expect(isRefused(record(found(2, 5)))).toBe(false);
    expect(isRefused(record(found(0, 1, 2)))).toBe(true);
    // One was put right: an advisory says that its entry can be removed.
    const [spare] = record(found(1)).results.filter(({ outcome, rule: { id } }) => outcome === "fail" && id === "baseline-needed");
    expect(spare?.places[0]?.setting).toMatchObject({ file: FILE });
    expect(isRefused(record(found(1)))).toBe(false);
  });
});
