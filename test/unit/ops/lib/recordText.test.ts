import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failsOn } from "../../../../ops/lib/failOn";
import { faultsOf } from "../../../../ops/lib/faults";
import type { PolicyRecord, Result } from "../../../../ops/lib/record";
import { recordText } from "../../../../ops/lib/recordText";
import { printable } from "../../../../ops/lib/terminal";
import { support } from "../../../../policies/engine/rule";
import { anyRecord, RECORD, ruleOf } from "./formats/records";

describe("the text of a record", () => {
  const lines = recordText(RECORD).split("\n");

  it("tells of each fault once, by file, the file with the worst first, with what to do", () => {
    expect(lines.filter((line) => /^\S.*\.(ts|yaml)$/.test(line))).toEqual(["index.ts", "Pulumi.prod.yaml"]);
    expect(lines.filter((line) => line.includes("fail2ban-guards-sshd"))).toEqual([
      "  12  bans.maxRetry  fail2ban-guards-sshd  high  mandatory",
    ]);
    const at = lines.findIndex((line) => line.includes("fail2ban-guards-sshd"));
    expect(lines.slice(at + 1, at + 4)).toEqual([
      "    found maxretry 9, allowed: 1 to 5 failures",
      "    fix: bring bans and adminNetworks in the stack's configuration within these limits",
      `    in web-fail2ban, store-fail2ban: settings.maxRetry, files.0 (/etc/fail2ban/jail.d/phiward.local) (${support(ruleOf("fail2ban-guards-sshd"))})`,
    ]);
  });

  it("marks what is waived, with who accepted it and until when", () => {
    expect(lines).toContain("  container-limited  medium  waived until 2027-01-31");
    expect(lines).toContain("    waived: the kernel of this machine has no limits of memory (alice, approved by bob, OPS-12)");
  });

  it("ends with how many there are of each, and what passed", () => {
    expect(lines.at(-1)).toMatch(
      /^prod: \d{3} rules, 87 resources: 2 violations, 1 advisory; 1 waived; 1 rule passed; 1 rule met unknown values; 1 rule had nothing to judge$/,
    );
  });

  it("shows nothing that a terminal obeys, and no line that a name has made", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const text = recordText(record);
        expect(printable(text)).toBe(text);
        const unknown = new Set(record.results.flatMap((result) => (result.outcome === "unknown" ? [result.at] : []))).size;
        const waived = faultsOf(record).filter(({ waiver }) => waiver !== undefined).length;
        const files = new Set(faultsOf(record).map(({ line }) => line?.file)).size;
        const founds = text.split("\n").filter((line) => line.startsWith("    found ") || /^ {4}and \d+ more$/.test(line)).length;
        expect(text.split("\n").length).toBe(
          files + faultsOf(record).length * 4 + waived + founds + 2 * unknown + 2 * record.functions.length + 1,
        );
      }),
    );
  });
});

describe("a fault", () => {
  const place = { where: "web-services", setting: { file: "Pulumi.prod.yaml", line: 7, key: "services.0.environment" } };
  const finding = { at: "containers.0.envs.0", found: "a variable with TOKEN in its name", allowed: "a file" };
  const recordOf = (...results: readonly Result[]): PolicyRecord => ({ ...RECORD, results });
  const rule = ruleOf("container-no-plain-secret-environment");

  it("is one of each line that somebody must change, in however many places", () => {
    const other = { where: "web-services", setting: { ...place.setting, line: 20, key: "services.1.environment" } };
    expect(faultsOf(recordOf({ rule, outcome: "fail", finding, places: [place, { ...place, where: "db-services" }, other] }))).toHaveLength(
      2,
    );
  });

  it("keeps what is waived in one place apart from what is not in another", () => {
    const waiver = { reason: "r", owner: "o", approver: "a", ticket: "t", expires: "2027-01-01" };
    const faults = faultsOf(
      recordOf({ rule, outcome: "waived", waiver, finding, places: [place] }, { rule, outcome: "fail", finding, places: [place] }),
    );
    expect(faults.map(({ waiver: by }) => by?.owner)).toEqual([undefined, "o"]);
  });

  it("says all that is wrong at one line", () => {
    const second = { ...finding, at: "containers.0.envs.1", found: "an address with a password in it" };
    const text = recordText(
      recordOf({ rule, outcome: "fail", finding, places: [place] }, { rule, outcome: "fail", finding: second, places: [place] }),
    );
    expect(text).toContain("found a variable with TOKEN");
    expect(text).toContain("found an address with a password");
  });
});

describe("what fails", () => {
  const outcomes = (least: Parameters<typeof failsOn>[0]): readonly string[] =>
    RECORD.results.filter(failsOn(least)).map(({ rule, outcome }) => `${outcome} ${rule.id}`);

  it.each<[Parameters<typeof failsOn>[0], readonly string[]]>([
    [undefined, []],
    ["critical", []],
    ["medium", []],
    ["low", ["fail public-ports-answered"]],
    ["unknown", ["fail public-ports-answered", "unknown connection-host-key-pinned"]],
  ])("of %s, beside what stops the deploy", (least, more) => {
    const stopping = ["fail fail2ban-guards-sshd", "fail fail2ban-guards-sshd", "fail bucket-private"];
    expect(outcomes(least)).toEqual([...stopping, ...more]);
  });
});
