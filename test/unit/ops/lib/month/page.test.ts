/** The month's report: measured facts alone, and of each that is missing, why. */
import { describe, expect, it } from "vitest";
import { monthOf } from "../../../../../ops/commands/reportMonth";
import type { AuditAct } from "../../../../../ops/lib/audit/acts";
import type { RecordLine } from "../../../../../ops/lib/duties/record";
import { dutyStates } from "../../../../../ops/lib/duties/states";
import { OperatorError } from "../../../../../ops/lib/errors";
import { incidentOf } from "../../../../../ops/lib/incidents/state";
import type { MonthFacts } from "../../../../../ops/lib/month/facts";
import { monthPage } from "../../../../../ops/lib/month/page";
import { recommendations, sectionsOf } from "../../../../../ops/lib/month/rows";
import { outputOf } from "../../../../../ops/lib/process";
import type { HostScans } from "../../../../../ops/lib/vulnerabilities";

const NOW = new Date("2026-11-28T09:00:00.500Z");

function act(kind: AuditAct["kind"], outcome: string, person?: string): AuditAct {
  return {
    time: "2026-11-20T08:00:00Z",
    host: "web",
    kind,
    what: "ssh by publickey",
    outcome,
    ...(person === undefined ? {} : { person }),
  };
}

const INCIDENT = incidentOf([
  {
    ...{ stack: "prod", incident: 1, kind: "opened", by: "alice", says: "A laptop was stolen", class: "P2" },
    ...{ at: "2025-02-03T08:00:00.000Z", of: "2025-02-03T08:00:00.000Z" },
  } as const,
]);
const LINE: RecordLine = {
  ...{ stack: "prod", duty: "records-read", on: "2026-11-20", at: "2026-11-20T08:00:00Z", by: "alice", previous: null, isDeclared: true },
  note: "All <logins> of the week were explained.",
};
const result = (id: string, status: "pass" | "fail" | "skipped") => ({ unit: "backup", id, control: "BKP-01", status }) as const;

const SCANS: HostScans = {
  ...{ host: "web", now: 1_000_000 },
  look: {
    ...{ at: 900_000, archive: 800_000, tracker: 700_000 },
    places: [
      {
        ...{ where: "host", containers: [], system: "Debian GNU/Linux 13 (trixie)", untold: "", unfixed: null },
        waiting: [{ package: "bash", installed: "1", fixed: "2", cves: ["CVE-2026-1000"], severity: "high", since: 900_000 }],
      },
      { where: "small", containers: ["api"], system: "Alpine", untold: "cannot be told", unfixed: null, waiting: [] },
    ],
  },
  lynis: { at: 500_000, version: "3.1.4", index: 81, dropped: 0, warnings: ["PKGS-7392: x"], suggestions: [] },
};

function facts(more: Partial<MonthFacts> = {}): MonthFacts {
  return {
    ...{ stack: "prod", month: monthOf("2026-11", NOW), date: NOW.toISOString(), by: "alice" },
    acts: {
      value: {
        acts: [act("login", "success", "alice"), act("login", "failure"), act("login", "failure"), act("restore", "success")],
        ...{ more: false, without: ["store"] },
      },
    },
    verify: {
      value: {
        ...{ stack: "prod", date: NOW.toISOString(), programs: "0", waivers: [] },
        hosts: [
          {
            host: "web",
            results: [result("backup-recent", "pass"), result("backup-checked", "fail"), result("alerts-all-sent", "skipped")],
          },
        ],
        unanswered: [{ host: "store", reason: "no route" }],
      },
    },
    policy: { value: { failed: ["tls13-only"], waived: [], passed: 12 } },
    scans: { value: [SCANS, { host: "store", now: 0, look: null, lynis: null }] },
    incidents: { value: [INCIDENT] },
    duties: { value: { states: dutyStates("2026-11-28", { lines: [LINE], unvouched: [] }), lines: [LINE] } },
    ...more,
  };
}

function rows(of: MonthFacts): ReadonlyMap<string, string> {
  return new Map(sectionsOf(of).flatMap((section) => section.rows.map(({ about, said }) => [about, said] as const)));
}

describe("the month's report", () => {
  it("counts what the record has, says what checks and policies found, and what people did", () => {
    const said = rows(facts());
    expect(said.get("Failed logins")).toBe("2; not measured on store, of which there is no journal");
    expect(said.get("By whom")).toBe("alice");
    expect(said.get("Last backup")).toBe("recent on each host that has backups (backup-recent)");
    expect(said.get("Repositories")).toBe("backup-checked fails on web");
    expect(said.get("web")).toBe("1 checks pass, 1 fail, 1 were skipped, 0 are waived");
    expect(said.get("Policies")).toBe("12 rules pass, 1 fail, 0 are waived");
    expect(said.get("Vulnerabilities found")).toBe(
      "web: 1 high that wait for an update, of 1 image nothing is known; store: not measured: no look was held yet",
    );
    expect(said.get("Hardening index of lynis")).toBe(
      "web: 81 of 100, 1 warning, 0 suggestions; store: not measured: lynis has not judged it yet",
    );
    expect(said.get("Access logs reviewed")).toBe("1 times in this month; last attested by alice for 2026-11-20; overdue");
    expect(said.get("records-read")).toBe("2026-11-20, alice: All <logins> of the week were explained.");
  });

  it("says of each thing that is not measured why", () => {
    const said = rows(facts());
    expect(said.get("store")).toBe("not measured: it did not answer");
    expect(said.get("Alerts that wait")).toBe("not measured: alerts-all-sent was skipped on web");
    expect(said.get("Restore test")).toBe("not measured: no host that answered is asked backup-restore-tested");
    expect(said.get("Incidents")).toBe("0 opened by people, 0 closed; 1 are open now");
    const missing = { missing: "the vault did not answer" };
    const none = rows(facts({ acts: missing, verify: missing, policy: missing, duties: missing, incidents: missing, scans: missing }));
    expect([...none.values()].filter((text) => !text.startsWith("not measured: "))).toEqual([]);
    expect(recommendations(facts({ verify: missing, policy: missing, duties: missing }))).toEqual([]);
  });

  it("has what the other hosts answered where one could not be asked", () => {
    const said = rows(facts({ scans: { value: [SCANS, { host: "store", unreachable: "no answer in 30 s" }] } }));
    for (const about of ["Vulnerabilities found", "Hardening index of lynis"])
      expect(said.get(about)).toMatch(/^web: (?!not measured).*; store: not measured: no answer in 30 s$/);
  });

  it("says that there were more than were counted", () => {
    const { acts } = facts();
    if (!("value" in acts)) throw new Error("no acts");
    expect(rows(facts({ acts: { value: { ...acts.value, more: true, without: [] } } })).get("Failed logins")).toBe("at least 2");
  });

  it("names what is to be done", () => {
    expect(recommendations(facts())).toEqual(
      expect.arrayContaining([
        "web: backup-checked fails: npx phiward up, or see why",
        "the rule tls13-only fails: npx phiward policy",
        expect.stringMatching(/^training-held is overdue: /),
      ]),
    );
  });

  it("is a page that is well-formed, and shows text as text", () => {
    const page = monthPage(facts());
    expect(page).toContain("All &lt;logins&gt; of the week");
    const check = "import sys, xml.etree.ElementTree as tree; print(tree.fromstring(sys.stdin.read()).tag)";
    expect(outputOf(["python3", "-I", "-c", check], { input: page })).toBe("html\n");
  });
});

describe("a month", () => {
  it("ends with itself, or now", () => {
    expect(monthOf("2026-10", NOW)).toEqual({
      ...{ name: "2026-10", isOver: true },
      ...{ from: new Date("2026-10-01T00:00:00Z"), to: new Date("2026-11-01T00:00:00Z") },
    });
    expect(monthOf(undefined, NOW)).toMatchObject({ name: "2026-11", isOver: false, to: new Date("2026-11-28T09:00:01Z") });
  });

  it.each(["2026-12", "2026-13", "november", "2026-11-01"])("is not %s", (text) => {
    expect(() => monthOf(text, NOW)).toThrow(OperatorError);
  });
});
