import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../../../components/config/faults";
import { programsVersion } from "../../../../components/plan/programs";
import { anyFailed, resultTable, verificationText, verifyHosts } from "../../../../ops/commands/verify";
import type { ResolvedStack } from "../../../../ops/lib/command";
import { OperatorError } from "../../../../ops/lib/errors";
import { verifyRecord } from "../../../../ops/lib/verifyRecord";
import { waiveChecks } from "../../../../ops/lib/waivedChecks";
import { ALL_RULES } from "../../../../policies/all";
import { readWaivers } from "../../../../policies/waivers/file";
import { faultOfRule, type KnownCheck } from "../../../../policies/waivers/rules";
import { complete, ed25519 } from "../../components/examples";

const hosts = [
  {
    host: "web",
    results: [
      { unit: "ssh", id: "ssh-no-passwords", status: "pass" as const },
      {
        unit: "ssh",
        id: "ssh-no-root-login",
        status: "fail" as const,
        expected: { kind: "lines", lines: ["permitrootlogin no"] },
        seen: "permitrootlogin yes",
      },
      { unit: "baseline", id: "time-synchronised", status: "skipped" as const, reason: "container kernel: the clock is the machine's" },
    ],
  },
];

describe("the table of results", () => {
  it("counts by host and concern, and says of each failure what was expected and seen", () => {
    expect(resultTable(hosts)).toBe(
      [
        "host            concern         pass    fail skipped",
        "web             ssh                1       1       0",
        "web             baseline           0       0       1",
        "FAIL web ssh-no-root-login",
        '     expected {"kind":"lines","lines":["permitrootlogin no"]}',
        "     seen     permitrootlogin yes",
        "skipped 1: container kernel: the clock is the machine's",
      ].join("\n"),
    );
  });

  it("fails for one failed check and not for a skipped one", () => {
    expect(anyFailed(hosts)).toBe(true);
    expect(anyFailed([{ host: "web", results: hosts[0]?.results.filter(({ status }) => status !== "fail") ?? [] }])).toBe(false);
  });
});

describe("a waiver of a check", () => {
  const failed = (host: string, id = "time-synchronised", status: "fail" | "pass" | "skipped" = "fail") => ({
    host,
    results: [{ unit: "baseline", id, status, expected: "yes", seen: "no" }],
  });
  const known = (host: string): readonly KnownCheck[] =>
    ["web", "store"].includes(host)
      ? [
          { id: "time-synchronised", control: "LOG-05", host, unit: "baseline" },
          { id: "ssh-no-root-login", control: "SSH-02", host, unit: "ssh" },
        ]
      : [];
  const waived = (hosts: readonly ReturnType<typeof failed>[], ...changes: readonly object[]) => {
    const entry = {
      rule: "time-synchronised",
      resource: "web",
      reason: "The time server moves to another network this month.",
      owner: "anna",
      approver: "ben",
      ticket: "OPS-7",
      expires: "2026-12-31",
    };
    const faultOf = faultOfRule({ rules: ALL_RULES, checksOf: known });
    const text = stringify(changes.map((change) => ({ ...entry, ...change })));
    const file = readWaivers("waivers.prod.yaml", text, { today: "2026-11-27", faultOfRule: faultOf });
    return waiveChecks(hosts, { ...file, checksOf: known });
  };

  it("keeps the failure in the report and does not fail for it, and still fails for the other host", () => {
    const one = waived([failed("web")], {});
    expect(anyFailed(one.hosts)).toBe(false);
    expect(one.faults).toEqual([]);
    expect(one.hosts[0]?.results[0]).toMatchObject({ status: "fail", waiver: { owner: "anna", expires: "2026-12-31" } });
    expect(verificationText("waivers.prod.yaml", one)).toBe(
      [
        "host            concern         pass    fail skipped",
        "web             baseline           0       0       0",
        "WAIVED until 2026-12-31 web time-synchronised",
        "     expected yes",
        "     seen     no",
        "     because  The time server moves to another network this month. (owner anna, approved by ben, OPS-7)",
      ].join("\n"),
    );
    const both = waived([failed("web"), failed("store")], {});
    expect(anyFailed(both.hosts)).toBe(true);
    expect(resultTable(both.hosts)).toContain("FAIL store time-synchronised");
    expect(anyFailed(waived([failed("web"), failed("store")], {}, { resource: "store/baseline" }).hosts)).toBe(false);
  });

  it.each([
    ["has expired", { expires: "2026-11-26" }, "a waiver that expired on 2026-11-26"],
    ["is of a check whose loss is root", { rule: "ssh-no-root-login" }, "ssh-no-root-login"],
    ["is of a host that the stack does not have", { resource: "web2" }, "neither a rule nor a check of that host"],
    ["is of one finding of a rule", { finding: "0123456789abcdef" }, undefined],
  ])("waives nothing where it %s", (_, change, words) => {
    const { hosts: after, faults } = waived([failed("web"), failed("web", "ssh-no-root-login")], change);
    expect(after.flatMap(({ results }) => results.filter((result) => "waiver" in result))).toEqual([]);
    if (words !== undefined) expect(faults.map(({ found }) => found).join()).toContain(words);
  });

  it("is a fault at its line once the check passes, and none where nobody knows", () => {
    const { faults } = waived([failed("web", "time-synchronised", "pass")], { resource: "store" }, {});
    expect(faults.map(({ line, found }) => [line, found])).toEqual([[8, "a waiver of time-synchronised on web, which passes"]]);
    expect(waived([failed("web", "time-synchronised", "skipped")], {}).faults).toEqual([]);
    expect(waived([], {}).faults).toEqual([]);
    expect(verificationText("waivers.prod.yaml", { hosts: [], faults })).toContain("FAIL waivers.prod.yaml:8: 1: found a waiver of");
  });
});

describe("the record of a stack", () => {
  const STACK: ResolvedStack = {
    stack: "prod",
    config: parseConfig(complete()),
    context: { file: "Pulumi.prod.yaml", patience: {}, outside: [], scanRate: 100 },
    hosts: ["web", "store"].map((name) => ({ name, address: "203.0.113.10", hostKey: ed25519(1) })),
  };

  it("has what was found on the hosts that answered, who did not, and when", async () => {
    const record = await verifyHosts(STACK, (_config, _context, [host] = []) =>
      host?.name === "web" ? Promise.resolve(hosts) : Promise.reject(new OperatorError("store: no route to host", 2)),
    );
    expect(verifyRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual({
      stack: "prod",
      date: record.date,
      programs: programsVersion(),
      hosts,
      unanswered: [{ host: "store", reason: "store: no route to host" }],
      waivers: [],
    });
    expect(Math.abs(Date.now() - Date.parse(record.date))).toBeLessThan(60_000);
  });

  it("is not made where the command itself is at fault", async () => {
    await expect(verifyHosts(STACK, () => Promise.reject(new TypeError("a fault")))).rejects.toThrow("a fault");
  });
});
