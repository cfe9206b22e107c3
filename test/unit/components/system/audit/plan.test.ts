import { describe, expect, it } from "vitest";
import { CONTROLS } from "../../../../../components/compliance/controls";
import { parseConfig } from "../../../../../components/config/faults";
import { audit } from "../../../../../components/system/audit/concern";
import { auditPlan } from "../../../../../components/system/audit/plan";
import { AUDIT_ROWS, auditRules, WATCHED_DIRECTORIES } from "../../../../../components/system/audit/rules";
import { auditSettings } from "../../../../../components/system/audit/settings";
import { changed, faultsOf, smallest } from "../../examples";
import { expectGolden, textOf } from "../../golden";

const DAEMON = "/etc/audit/auditd.conf";
const RULES = "/etc/audit/rules.d/phiward.rules";

describe("the plan of the kernel's audit", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, audit);
  });

  it("stops a host where no record can be written only where that is declared", () => {
    const plan = auditPlan(auditSettings(parseConfig(smallest())));
    expect(textOf(plan, DAEMON)).not.toMatch(/HALT|SINGLE|SUSPEND/);
    expect(textOf(plan, RULES)).toContain("\n--backlog_wait_time 25\n-f 1\n");
    const halts = auditPlan({ onFailure: "halt", megabytes: 512 });
    expect(textOf(halts, DAEMON).match(/= HALT$/gm)).toHaveLength(4);
    expect(textOf(halts, RULES)).toContain("\n--backlog_wait_time 15000\n-f 2\n");
  });

  it("refuses another choice, and less room than a day of records needs", () => {
    expect(faultsOf(changed(smallest(), { audit: { onFailure: "ignore" } })).join()).toContain("audit.onFailure");
    expect(faultsOf(changed(smallest(), { audit: { megabytes: 8 } })).join()).toContain("allowed: a whole number from 64");
  });

  it("keeps no more on the disk than is declared", () => {
    const text = textOf(auditPlan({ onFailure: "alert", megabytes: 1000 }), DAEMON);
    const number = (name: string): number => Number(new RegExp(`^${name} = (\\d+)$`, "m").exec(text)?.[1]);
    expect(number("max_log_file") * number("num_logs")).toBeLessThanOrEqual(1000);
    expect(number("max_log_file") * number("num_logs")).toBeGreaterThan(900);
  });
});

describe("each row of what is recorded", () => {
  it.each(AUDIT_ROWS)("$key has a control of the catalogue, rules, and a key of its own", ({ key, control, rules }) => {
    expect(CONTROLS[control].title).not.toBe("");
    expect(rules.length).toBeGreaterThan(0);
    expect(AUDIT_ROWS.filter((row) => row.key === key)).toHaveLength(1);
    // The kernel's limit of a key is 31 characters (AUDIT_MAX_KEY_LEN), and a space would end it.
    expect(key).toMatch(/^[a-z][a-z-]{0,30}$/);
  });

  it("watches no home, and locks the rules after the last", () => {
    const lines = auditRules(false).trimEnd().split("\n");
    expect(lines.filter((line) => /=\/(home|root)\b/.test(line))).toEqual([]);
    expect(lines.filter((line) => /\bnever\b|^-A /.test(line))).toEqual([]);
    expect(lines.at(-1)).toBe("-e 2");
    expect(new Set(lines).size).toBe(lines.length);
  });

  it("has each directory that a fresh host lacks made before the rules are loaded", () => {
    const settle = auditPlan({ onFailure: "alert", megabytes: 512 }).steps.find(
      ({ id }) => id === "load-audit-rules-now-or-at-the-next-restart",
    );
    for (const [path, mode] of Object.entries(WATCHED_DIRECTORIES)) {
      expect(settle?.argv).toContain(`${mode}:${path}`);
      expect(auditRules(false)).toContain(`-F dir=${path} `);
    }
  });
});
