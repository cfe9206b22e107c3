/** The file of waivers of a stack: what is accepted, and what is refused at which line. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { CONTROLS } from "../../components/compliance/controls";
import { ALL_RULES, RULES } from "../../policies/all";
import { judge } from "../../policies/engine/judge";
import type { Finding, Rule } from "../../policies/engine/rule";
import { acceptedBy, fingerprints, names } from "../../policies/waivers/accept";
import { readWaivers, type Waivers } from "../../policies/waivers/file";
import { loadWaivers, waiversBeside } from "../../policies/waivers/load";
import { CONTROLS_NOT_WAIVABLE, faultOfRule, type KnownCheck } from "../../policies/waivers/rules";
import { utcDay } from "../../policies/waivers/schema";

const TODAY = "2026-11-27";

const GOOD = {
  rule: "container-limited",
  resource: "helper",
  reason: "The helper is measured until its limit is known.",
  owner: "anna@example.org",
  approver: "ben@example.org",
  ticket: "OPS-4711",
  expires: "2027-03-01",
};

const CHECKS: readonly KnownCheck[] = [
  { id: "ssh-banner", control: "SSH-24", host: "web", unit: "ssh" },
  { id: "people-sudo-valid", control: "SSH-27", host: "web", unit: "people" },
];

function read(text: string, today = TODAY): Waivers {
  const checksOf = (host: string): readonly KnownCheck[] => CHECKS.filter((check) => check.host === host);
  return readWaivers("waivers.prod.yaml", text, { today, faultOfRule: faultOfRule({ rules: ALL_RULES, checksOf }) });
}

function faults(...entries: readonly object[]): readonly string[] {
  return read(stringify(entries)).faults.map(
    (fault) => `${String(fault.line)} ${fault.key}: found ${fault.found}, allowed: ${fault.allowed}`,
  );
}

function without(key: keyof typeof GOOD): object {
  return Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== key));
}

describe("a file of waivers", () => {
  it("waives by an entry that has all of its fields", () => {
    const { waivers, faults: found } = read(stringify([GOOD]));
    expect(found).toEqual([]);
    expect(waivers).toEqual([{ ...GOOD, line: 1, key: "0" }]);
  });

  it.each(["", "# nothing yet\n", "[]\n"])("waives nothing where it has no entry: %j", (text) => {
    expect(read(text)).toEqual({ path: "waivers.prod.yaml", waivers: [], faults: [] });
  });

  it.each(Object.keys(GOOD) as (keyof typeof GOOD)[])("refuses an entry without %s, at its line", (key) => {
    const { waivers, faults: found } = read(stringify([{ ...GOOD, resource: "other" }, without(key)]));
    expect(waivers.map(({ resource }) => resource)).toEqual(["other"]);
    expect(found.map((fault) => [fault.line, fault.key, fault.found])).toEqual([[8, `1.${key}`, "nothing"]]);
  });

  it.each([
    ["a short reason", { reason: "it is fine, really" }, "3", "reason", "20 characters or more"],
    ["a reason of spaces", { reason: `it is${" ".repeat(40)}fine` }, "3", "reason", "20 characters or more"],
    ["a wildcard for everything", { resource: "*" }, "2", "resource", "the name of one resource"],
    ["the owner as approver", { approver: "Anna@Example.org" }, "5", "approver", "found the owner, allowed: someone other than the owner"],
    ["an approver of several lines", { approver: "ben\nand carl" }, "", "approver", "on one line"],
    ["an empty ticket", { ticket: "" }, "6", "ticket", "on one line"],
    ["a day that does not exist", { expires: "2027-02-30" }, "7", "expires", "a day from 2000 to 2099 that exists"],
    ["a time", { expires: "2027-02-01T10:00:00Z" }, "7", "expires", "a day from 2000 to 2099 that exists"],
    ["a day that is over", { expires: "2026-11-26" }, "7", "expires", "found a waiver that expired on 2026-11-26"],
    ["a day too far ahead", { expires: "2027-05-27" }, "7", "expires", "found 2027-05-27, 181 days ahead"],
    ["an unknown rule", { rule: "container-unlimited" }, "1", "rule", "neither a rule nor a check of that host"],
    ["a check of another host", { rule: "ssh-banner", resource: "store" }, "1", "rule", "neither a rule nor a check of that host"],
    ["a rule that cannot be waived", { rule: "container-not-privileged" }, "1", "rule", "can become root on the host"],
    ["a check that cannot be waived", { rule: "people-sudo-valid", resource: "web" }, "1", "rule", "root on the host"],
    ["the rule about waivers", { rule: "waivers-valid", resource: "stack" }, "1", "rule", "a waiver cannot accept"],
    ["a finding that is no fingerprint", { finding: "abc" }, "", "finding", "16 hexadecimal digits"],
    ["an unknown key", { until: "2027-01-01" }, "8", "", 'found the unknown key "until"'],
  ])("refuses %s, at its line, and waives nothing by it", (_, change, line, key, words) => {
    const text = stringify([{ ...GOOD, ...change }]);
    const { waivers, faults: found } = read(text);
    expect(waivers).toEqual([]);
    expect(found.length).toBe(1);
    const [fault] = found;
    if (line !== "") expect(String(fault?.line)).toBe(line);
    expect(fault?.key).toBe(key === "" ? "0" : `0.${key}`);
    expect(`found ${String(fault?.found)}, allowed: ${String(fault?.allowed)}`).toContain(words);
  });

  it("tells all faults of all entries at once", () => {
    const entries = [
      { ...GOOD, rule: "none", reason: "no", owner: "", expires: "2020-01-01" },
      without("owner"),
      { ...GOOD, approver: GOOD.owner },
    ];
    expect(faults(...entries).map((text) => text.split(":")[0])).toEqual([
      ...["1 0.rule", "3 0.reason", "4 0.owner", "7 0.expires"],
      ...["8 1.owner", "18 2.approver"],
    ]);
  });

  it("refuses the same twice, and keeps the first", () => {
    const { waivers, faults: found } = read(stringify([GOOD, { ...GOOD, ticket: "OPS-1" }]));
    expect(waivers.map(({ key }) => key)).toEqual(["0"]);
    expect(found).toEqual([{ line: 8, key: "1", found: "the same as entry 0", allowed: "each rule and resource once" }]);
  });

  it.each([
    ["a map", "waivers: []\n", "no list"],
    ["a text", "all of it\n", "no list"],
    ["what is not YAML", "- rule: [\n", "what is not valid YAML"],
    ["two documents", "- {}\n---\n- {}\n", "what is not valid YAML"],
    ["an alias", `- &a ${JSON.stringify(GOOD)}\n- *a\n`, "an alias"],
    ["a key twice", "- rule: a\n  rule: b\n", "what is not valid YAML"],
  ])("waives nothing at all where it is %s", (_, text, words) => {
    const { waivers, faults: found } = read(text);
    expect(waivers).toEqual([]);
    expect(found.map(({ key }) => key)).toEqual(["waivers"]);
    expect(found[0]?.found).toContain(words);
  });

  it("counts days in UTC, the last one whole", () => {
    expect(read(stringify([{ ...GOOD, expires: TODAY }])).faults).toEqual([]);
    expect(read(stringify([{ ...GOOD, expires: "2027-05-26" }])).faults).toEqual([]);
    // Half past midnight of the day after in Berlin, and the evening before in New York.
    expect(utcDay(new Date("2026-11-28T00:30:00+01:00"))).toBe(TODAY);
    expect(utcDay(new Date("2026-11-26T20:00:00-05:00"))).toBe(TODAY);
    // Over the end of summer time and a leap day.
    expect(read(stringify([{ ...GOOD, expires: "2028-08-27" }]), "2028-02-29").faults).toEqual([]);
    expect(read(stringify([{ ...GOOD, expires: "2028-08-28" }]), "2028-02-29").faults.length).toBe(1);
  });

  it("repeats no text of the file that may be a secret", () => {
    const secret = "hunter2-hunter2-hunter2";
    const text = stringify(Object.keys(GOOD).map((key) => ({ ...GOOD, [key]: [secret], [secret]: secret })));
    expect(JSON.stringify(read(text))).not.toContain("hunter2");
  });
});

describe("the example", () => {
  const text = readFileSync(join(__dirname, "../../waivers.prod.yaml"), "utf8");

  it("waives nothing as it is, and is a good entry without its hash signs", () => {
    expect(read(text)).toEqual({ path: "waivers.prod.yaml", waivers: [], faults: [] });
    const entry = text.slice(text.indexOf("# - rule")).replaceAll(/^# /gm, "");
    expect(read(entry)).toMatchObject({ faults: [], waivers: [{ rule: "container-limited", resource: "web/services" }] });
  });
});

describe("the place of the file", () => {
  const place = mkdtempSync(join(tmpdir(), "waivers-"));
  afterAll(() => {
    rmSync(place, { recursive: true, force: true });
  });
  const terms = { today: TODAY, faultOfRule: () => undefined };

  it("is beside the stack's", () => {
    expect(waiversBeside("Pulumi.prod.yaml")).toBe("waivers.prod.yaml");
    expect(waiversBeside("/some/where/Pulumi.a.b.yaml")).toBe("/some/where/waivers.a.b.yaml");
  });

  it("may be empty, and must be readable where there is one", () => {
    expect(loadWaivers(join(place, "waivers.none.yaml"), terms)).toEqual({ path: undefined, waivers: [], faults: [] });
    writeFileSync(join(place, "waivers.good.yaml"), stringify([GOOD]));
    expect(loadWaivers(join(place, "waivers.good.yaml"), terms).waivers.length).toBe(1);
    mkdirSync(join(place, "waivers.bad.yaml"));
    const { waivers, faults: found } = loadWaivers(join(place, "waivers.bad.yaml"), terms);
    expect({ waivers, found: found.map((fault) => fault.found) }).toEqual({ waivers: [], found: ["what cannot be read (EISDIR)"] });
  });
});

describe("what a waiver accepts", () => {
  const finding = (at: string, found = "no limit"): Finding => ({ at, found, allowed: "a limit" });
  const accepted = (entries: readonly object[], where: string, findings: readonly Finding[], type?: string): readonly boolean[] =>
    acceptedBy(read(stringify(entries)).waivers, GOOD.rule, { where, type }, findings).map((waiver) => waiver !== undefined);

  it("is what its rule finds on its resource, and on no other", () => {
    expect(accepted([GOOD], "helper", [finding("a"), finding("b")])).toEqual([true, true]);
    expect(accepted([GOOD], "helper2", [finding("a")])).toEqual([false]);
    expect(accepted([{ ...GOOD, rule: "container-root-read-only" }], "helper", [finding("a")])).toEqual([false]);
  });

  it.each([
    ["web", "web", undefined, true],
    ["web", "web2", undefined, false],
    ["web/ufw", "web/ufw", undefined, true],
    ["web-ufw", "web/ufw", undefined, true],
    ["web/ufw", "web-ufw", "phiward:host:Ufw", true],
    ["web/ufw", "web-ufw", "docker:index/container:Container", false],
    ["web", "web-ufw", "phiward:host:Ufw", false],
    ["docker:index/container:Container::a", "a", "docker:index/container:Container", true],
    ["docker:index/volume:Volume::a", "a", "docker:index/container:Container", false],
    ["stack", "web", undefined, false],
  ])("names by %s the place %s (%s): %s", (resource, where, type, same) => {
    expect(names(resource, { where, type })).toBe(same);
  });

  it("is one finding alone where it names its fingerprint, wherever in a list that stands", () => {
    const subject = { where: "helper" };
    const [print = ""] = fingerprints(GOOD.rule, subject, [finding("containers.3.memory")]);
    const entries = [{ ...GOOD, finding: print }];
    expect(accepted(entries, "helper", [finding("containers.4.memory")])).toEqual([true]);
    expect(accepted(entries, "helper", [finding("containers.4.memory", "16 GB")])).toEqual([false]);
    expect(accepted(entries, "helper", [finding("containers.3.cpus")])).toEqual([false]);
    // The same fault once more is a new one.
    expect(accepted(entries, "helper", [finding("containers.3.memory"), finding("containers.4.memory")])).toEqual([true, false]);
    expect(fingerprints(GOOD.rule, subject, [finding("a.1 (/x)", "line 4"), finding("a.7 (/x)", "line 9")])).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}$/),
      expect.stringMatching(/^[0-9a-f]{16}-2$/),
    ]);
  });

  it("is never what a rule failed on, since nobody knows what is there", () => {
    const failing = (rule: Rule): Rule => ({
      ...rule,
      judge: () => {
        throw new TypeError("broken");
      },
    });
    const violations = RULES.filter(({ id }) => id === GOOD.rule).flatMap((rule) => judge(failing(rule), {}).violations);
    expect(violations.length).toBe(1);
    expect(accepted([GOOD], "helper", [...violations, finding("a")])).toEqual([false, true]);
  });

  it("is told by numbers of what was found: an address and a count are another finding", () => {
    const print = (found: string): string | undefined => fingerprints("a", { where: "b" }, [finding("c", found)])[0];
    expect(print("192.0.2.1")).not.toBe(print("192.0.2.2"));
    expect(print("maxretry 9")).not.toBe(print("maxretry 10"));
  });
});

describe("what no waiver accepts", () => {
  const lost = ALL_RULES.filter(({ notWaivable }) => notWaivable !== undefined).map(({ id }) => id);

  it("is the loss of which is root, patients' data to the world, or the gate itself", () => {
    expect(lost.sort()).toEqual(
      [
        "accepted-drift-reasoned",
        ...["admin-ports-not-public", "backup-encrypted", "baseline-needed", "bucket-policy-no-anonymous", "bucket-private"],
        ...["commands-run-agent-only", "connection-host-key-pinned", "container-networks-bridged", "container-no-host-mounts"],
        ...["container-not-privileged", "container-ports-on-loopback", "database-cluster-behind-firewall", "database-firewall-not-open"],
        ...[
          "cloud-provider-own-endpoint",
          "database-networks-internal",
          "docker-daemon-hardened",
          "docker-engine-host-key-pinned",
          "host-programs-as-built",
        ],
        ...[
          "hosts-have-every-unit",
          "listener-networks-narrow",
          "no-public-database-port",
          "phi-master-key-apart",
          "rendered-as-declared",
          "requests-as-reviewed",
          "resources-as-declared",
        ],
        ...["secret-files-owner-only", "ssh-no-passwords", "ssh-no-root-login", "sudo-as-declared", "ufw-default-deny-incoming"],
        ...["ufw-default-deny-routed", "waivers-valid"],
      ].sort(),
    );
  });

  it("has a reason, as a clause, and checks of the same controls have one too", () => {
    for (const why of [...ALL_RULES.map(({ notWaivable }) => notWaivable), ...Object.values(CONTROLS_NOT_WAIVABLE)])
      if (why !== undefined) expect(why).toMatch(/^[a-z].{20,}[^.]$/);
    for (const control of Object.keys(CONTROLS_NOT_WAIVABLE)) expect(Object.keys(CONTROLS)).toContain(control);
  });
});
