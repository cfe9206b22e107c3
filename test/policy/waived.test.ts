/** What is waived in a stack: it stops nothing, and stays in the report. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { stackModel } from "../../components/containers/model";
import { judgeStack } from "../../ops/commands/policy";
import { isRefused, type Judged, type PolicyRecord, resultsOf } from "../../ops/lib/record";
import { recordText } from "../../ops/lib/recordText";
import { stackWaivers, withWaivers } from "../../ops/lib/waivers";
import { ALL_RULES, RULES } from "../../policies/all";
import { reviewedComponents } from "../../policies/engine/subject";
import { CONFIG } from "./fixtures";

const TODAY = "2026-11-27";
const FEW_TRIES = { ...CONFIG, bans: { ...CONFIG.bans, maxRetry: 9 } };
const place = mkdtempSync(join(tmpdir(), "waived-"));
const FILE = join(place, "waivers.test.yaml");

afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

function waiver(change: object = {}): object {
  return {
    rule: "fail2ban-guards-sshd",
    resource: "web1/fail2ban",
    reason: "The old clients try often until they are replaced.",
    owner: "anna",
    approver: "ben",
    ticket: "OPS-1",
    expires: "2027-01-31",
    ...change,
  };
}

function judged(...entries: readonly object[]): PolicyRecord {
  writeFileSync(FILE, stringify(entries));
  return judgeStack("test", FEW_TRIES, RULES, stackWaivers(join(place, "Pulumi.test.yaml"), TODAY, FEW_TRIES));
}

function placesOf({ results }: PolicyRecord, outcome: "fail" | "waived", rule = "fail2ban-guards-sshd"): readonly string[] {
  const places = results.filter((result) => result.rule.id === rule && result.outcome === outcome).flatMap((result) => result.places);
  return [...new Set(places.map(({ where }) => where))];
}

describe("a waiver", () => {
  it("lets its host pass, and no other one", () => {
    const record = judged(waiver());
    expect(isRefused(record)).toBe(true);
    expect(placesOf(record, "waived")).toEqual(["web1/fail2ban"]);
    expect(placesOf(record, "fail")).toEqual(["store1/fail2ban"]);
  });

  it("stops nothing where each is waived, by either name of a unit, and both are counted and shown with who and until when", () => {
    const record = judged(waiver(), waiver({ resource: "store1-fail2ban" }));
    expect(isRefused(record)).toBe(false);
    const text = recordText(record);
    expect(text).toContain("fail2ban-guards-sshd  high  waived until 2027-01-31\n    found maxretry 9, allowed: 1 to 5 failures\n");
    expect(text).toContain("    waived: The old clients try often until they are replaced. (anna, approved by ben, OPS-1)\n");
    expect(text).toContain("    in web1/fail2ban, store1/fail2ban: settings.maxRetry");
    expect(text).toMatch(/: 0 violations, 0 advisories; 2 waived; /);
    // A file without a fault has passed.
    expect(record.results.find(({ rule }) => rule.id === "waivers-valid")?.outcome).toBe("pass");
  });

  it("waives nothing once it has expired, and is a violation at its line", () => {
    const record = judged(waiver({ resource: "store1/fail2ban" }), waiver({ expires: "2026-11-26" }));
    expect(placesOf(record, "fail")).toEqual(["web1/fail2ban"]);
    const [fault] = record.results.filter(({ rule }) => rule.id === "waivers-valid");
    expect(fault).toMatchObject({
      outcome: "fail",
      finding: { at: "waivers.1.expires", found: "a waiver that expired on 2026-11-26" },
      places: [{ where: "stack", setting: { file: FILE, line: 14, key: "waivers.1.expires" } }],
    });
    expect(recordText(record)).toContain(
      `${FILE}\n  14  waivers.1.expires  waivers-valid  high  mandatory\n    found a waiver that expired`,
    );
  });

  it("is a violation where the file is faulty, though nothing else is", () => {
    const good = judgeStack("test", CONFIG, RULES, {
      ...stackWaivers("none", TODAY, CONFIG),
      path: "waivers.test.yaml",
      faults: [{ line: 1, key: "waivers", found: "no list", allowed: "a list" }],
    });
    expect(isRefused(good)).toBe(true);
  });

  it("may be of a check of its host, which only a verification finds", () => {
    const record = judged(waiver(), waiver({ resource: "store1/fail2ban" }), waiver({ rule: "ssh-banner", resource: "web1" }));
    expect(placesOf(record, "fail", "waivers-valid")).toEqual([]);
    const other = judged(waiver({ rule: "nginx-active", resource: "store1" }));
    expect(placesOf(other, "fail", "waivers-valid")).toEqual(["stack"]);
  });
});

describe("a waiver of nothing", () => {
  const [rule] = ALL_RULES.filter(({ id }) => id === "fail2ban-guards-sshd");
  const one = (change: Partial<Judged>): readonly Judged[] =>
    rule === undefined
      ? []
      : [{ rule, place: { where: "web1-fail2ban", type: "phiward:host:Fail2ban" }, violations: [], unknown: [], ...change }];
  const finding = { at: "settings.maxRetry", found: "maxretry 9", allowed: "1 to 5" };
  const said = (entries: readonly object[], found: readonly Judged[], whole = true): readonly string[] => {
    writeFileSync(FILE, stringify(entries));
    const waivers = stackWaivers(join(place, "Pulumi.test.yaml"), TODAY, CONFIG);
    return resultsOf(ALL_RULES, withWaivers(found, waivers, whole)).flatMap((result) =>
      result.outcome === "not-applicable" ? [] : [`${result.rule.id} ${result.outcome}`],
    );
  };

  it("is a violation where everything was judged", () => {
    expect(said([waiver()], one({}))).toEqual(["fail2ban-guards-sshd pass", "waivers-valid fail"]);
    expect(said([waiver()], one({ violations: [finding] }))).toEqual(["fail2ban-guards-sshd waived", "waivers-valid pass"]);
    expect(said([waiver()], one({}), false)).toEqual(["fail2ban-guards-sshd pass", "waivers-valid pass"]);
  });

  it("is none while nobody knows what it is for", () => {
    expect(said([waiver()], one({ unknown: ["settings.maxRetry"] }))).toEqual(["fail2ban-guards-sshd unknown", "waivers-valid pass"]);
    expect(said([waiver({ resource: "web2" })], one({ unknown: ["settings.maxRetry"] }))).toContain("waivers-valid fail");
  });

  it("is an advisory where it is of the baseline", () => {
    const spare = waiver({ baseline: true, finding: "0123456789abcdef" });
    expect(said([spare], one({}))).toEqual(["fail2ban-guards-sshd pass", "waivers-valid pass", "baseline-needed fail"]);
    expect(ALL_RULES.find(({ id }) => id === "baseline-needed")?.enforcementLevel).toBe("advisory");
  });
});

describe("the name of a unit", () => {
  it("is never the end of another one's, so that HOST/UNIT is one resource alone", () => {
    const units = new Set(CONFIG.hosts.flatMap((host) => reviewedComponents(stackModel(CONFIG), host).map(({ unit }) => unit)));
    for (const unit of [...units, "droplet", "host-key"]) for (const other of units) expect(unit.endsWith(`-${other}`)).toBe(false);
  });
});
