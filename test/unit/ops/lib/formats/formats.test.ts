/** Each format is of its published form, says what the record says, and is broken by no name. */
import schema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";
import Ajv from "ajv";
import metaschema from "ajv/lib/refs/json-schema-draft-04.json";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { failsOn } from "../../../../../ops/lib/failOn";
import { faultsOf } from "../../../../../ops/lib/faults";
import { reportIn, summaryOf } from "../../../../../ops/lib/formats/format";
import { githubCommands } from "../../../../../ops/lib/formats/github";
import { junit } from "../../../../../ops/lib/formats/junit";
import { markdown, markerOf } from "../../../../../ops/lib/formats/markdown";
import { sarif } from "../../../../../ops/lib/formats/sarif";
import { FORMATS } from "../../../../../ops/lib/formats/written";
import type { PolicyRecord } from "../../../../../ops/lib/record";
import { printable } from "../../../../../ops/lib/terminal";
import { readJunit } from "./junitSchema";
import { anyRecord, RECORD, WRITTEN } from "./records";

const [BANS] = RECORD.results;
const withLines = (added: number): PolicyRecord => ({
  ...RECORD,
  results: RECORD.results.map((result) => ({
    ...result,
    places: result.places.map((place) =>
      place.setting === undefined ? place : { ...place, setting: { ...place.setting, line: place.setting.line + added } },
    ),
  })),
});

describe("every format", () => {
  it.each(FORMATS)("%s has nothing that a terminal obeys, whatever names hold", (format) => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const report = reportIn(format, record, WRITTEN);
        expect(printable(report)).toBe(report);
      }),
      { numRuns: 50 },
    );
  });

  it("can be summed up in one line", () => {
    expect(summaryOf(RECORD)).toMatch(/^prod: .*2 violations, 1 advisory; 1 waived/);
  });
});

describe("SARIF", () => {
  const validate = new Ajv({ schemaId: "auto", unknownFormats: "ignore", meta: false })
    .addMetaSchema(metaschema, "http://json-schema.org/draft-04/schema#")
    .compile(schema);
  const log = z.object({
    runs: z.tuple([
      z.object({
        tool: z.object({
          driver: z.object({ rules: z.array(z.object({ id: z.string(), properties: z.record(z.string(), z.unknown()) })) }),
        }),
        results: z.array(
          z.object({
            ruleId: z.string(),
            ruleIndex: z.number(),
            level: z.string(),
            message: z.object({ text: z.string() }),
            locations: z.array(
              z.object({ physicalLocation: z.object({ artifactLocation: z.object({ uri: z.string() }), region: z.unknown() }) }),
            ),
            partialFingerprints: z.record(z.string(), z.string()),
          }),
        ),
      }),
    ]),
  });
  const runOf = (record: PolicyRecord): z.infer<typeof log>["runs"][0] => log.parse(JSON.parse(sarif(record, WRITTEN))).runs[0];

  it("is valid, whatever names hold, and each result has a rule, a line and a fingerprint of its own", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(validate(JSON.parse(sarif(record, WRITTEN))), JSON.stringify(validate.errors)).toBe(true);
        const { tool, results } = runOf(record);
        for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
        const fingerprints = results.map(({ partialFingerprints }) => partialFingerprints["primaryLocationLineHash"]);
        expect(new Set(fingerprints).size).toBe(results.length);
      }),
    );
  });

  it("is refused by its schema where it is not", () => {
    expect(validate({ ...(JSON.parse(sarif(RECORD, WRITTEN)) as object), version: "2.0.0" })).toBe(false);
  });

  it("has each fault once, at its line, and not what is waived", () => {
    const { results } = runOf(RECORD);
    expect(results.map(({ ruleId, level, locations: [at] }) => [ruleId, level, at?.physicalLocation])).toEqual([
      ["bucket-private", "error", { artifactLocation: { uri: "index.ts", uriBaseId: undefined }, region: { startLine: 40 } }],
      ["fail2ban-guards-sshd", "error", { artifactLocation: { uri: "Pulumi.prod.yaml" }, region: { startLine: 12 } }],
      ["public-ports-answered", "warning", { artifactLocation: { uri: "Pulumi.prod.yaml" }, region: { startLine: 30 } }],
    ]);
  });

  it("has the severity as GitHub reads it, and the clauses as tags", () => {
    const rule = runOf(RECORD).tool.driver.rules.find(({ id }) => id === "bucket-private");
    expect(rule?.properties["security-severity"]).toBe("9.5");
    expect(rule?.properties["tags"]).toContain("164.312(a)(1)");
  });

  it("has fingerprints that lines do not change", () => {
    const fingerprints = (record: PolicyRecord): readonly unknown[] => runOf(record).results.map((result) => result.partialFingerprints);
    expect(fingerprints(withLines(100))).toEqual(fingerprints(RECORD));
  });
});

describe("JUnit", () => {
  it("is well-formed and of the form, whatever names hold, with names that are all different and totals that agree", () => {
    const records = [RECORD, ...fc.sample(anyRecord, 200)];
    for (const {
      children: [suite],
    } of readJunit(records.map((record) => junit(record, WRITTEN)))) {
      const cases = suite.children.flatMap((child) => (child.tag === "testcase" ? [child] : []));
      expect(new Set(cases.map(({ attributes: { name } }) => name)).size).toBe(cases.length);
      const outcomes = cases.flatMap(({ children }) => children.map(({ tag }) => tag));
      expect(Number(suite.attributes.failures)).toBe(outcomes.filter((tag) => tag === "failure").length);
      expect(Number(suite.attributes.skipped)).toBe(outcomes.filter((tag) => tag === "skipped").length);
      expect(Number(suite.attributes.tests)).toBe(cases.length);
    }
  });

  it("fails what fails the command, skips what is accepted, unknown or only advised, and passes the rest", () => {
    const told = (fails: typeof WRITTEN.fails): readonly string[] =>
      readJunit([junit(RECORD, { ...WRITTEN, fails })]).flatMap(({ children: [suite] }) =>
        suite.children.flatMap((child) =>
          child.tag === "testcase"
            ? [`${child.children[0]?.tag ?? "pass"} ${child.attributes.name} ${child.attributes.file ?? ""}`.trim()]
            : [],
        ),
      );
    expect(told(failsOn(undefined))).toEqual([
      "failure bucket-private: exports index.ts",
      "failure fail2ban-guards-sshd: bans.maxRetry Pulumi.prod.yaml",
      "skipped public-ports-answered: publicPorts.2 Pulumi.prod.yaml",
      "skipped container-limited: web-services",
      "skipped connection-host-key-pinned: unknown",
      "pass ssh-no-passwords",
      "skipped bucket-keeps-versions",
    ]);
    expect(told(failsOn("unknown")).filter((line) => line.startsWith("failure"))).toHaveLength(4);
  });
});

describe("workflow commands of GitHub", () => {
  it("are annotations at the line of each fault", () => {
    const lines = githubCommands(RECORD, WRITTEN).split("\n");
    expect(lines.map((line) => line.replace(/::[^:]*$/, "").replace(/::[a-z].*$/, ""))).toHaveLength(5);
    expect(lines[1]).toMatch(
      /^::error file=Pulumi\.prod\.yaml,line=12,title=fail2ban-guards-sshd \(high\)::bans\.maxRetry \(web-fail2ban, store-fail2ban\): found maxretry 9, allowed: 1 to 5 failures; fix: /,
    );
    expect(lines[2]).toMatch(/^::warning file=Pulumi\.prod\.yaml,line=30,/);
    expect(lines[3]).toMatch(/^::notice title=container-limited \(waived until 2027-01-31\)::/);
    expect(lines[4]).toMatch(/^::notice title=phiward policy::prod: 2 violations/);
  });

  it("are one a fault and one more, each with no property but these, whatever names hold", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const lines = githubCommands(record, WRITTEN).split("\n");
        expect(lines.length).toBe(faultsOf(record).length + 1);
        // As the runner reads one: properties end at the first `::`, and are apart at commas.
        for (const line of lines) {
          const [, properties = ""] = /^::(?:error|warning|notice) (.*?)::/.exec(line) ?? [];
          expect(properties.split(",").map((property) => property.replace(/=.*$/s, ""))).toEqual(
            properties.startsWith("file=") ? ["file", "line", "title"] : ["title"],
          );
        }
      }),
    );
  });
});

describe("Markdown", () => {
  it("begins with the line by which the comment is found again", () => {
    const lines = markdown(RECORD, WRITTEN).split("\n");
    expect(lines[0]).toBe("<!-- phiward policy prod -->");
    expect(lines[1]).toBe("### Policies of prod: refused");
    expect(markerOf("org/prod-->\n")).toBe("<!-- phiward policy org/prod- -->");
  });

  it("has a table of what is open, the worst first, and one of what is accepted", () => {
    const text = markdown(RECORD, WRITTEN);
    expect(text.match(/^\| [^|]*\| bucket-private \| critical /m)).not.toBeNull();
    expect(text.indexOf("bucket-private")).toBeLessThan(text.indexOf("fail2ban-guards-sshd"));
    expect(text).toMatch(/^\| web-services \| container-limited \| 2027-01-31 \|.*OPS-12/m);
  });

  it("has rows of five cells, and no markup or mention that a name has made", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const [marker = "", ...lines] = markdown(record, WRITTEN).split("\n");
        expect(marker).toMatch(/^<!-- [^<>]* -->$/);
        for (const line of lines) {
          if (line.startsWith("|")) expect(line.match(/\|/g)).toHaveLength(6);
          expect(line.replace(/&#\d+;/g, "").replace(/^###/, "")).not.toMatch(/[<>`*_[\]@#~&\\]/);
          expect(line).not.toMatch(/&#64;(?!&#8203;)/);
        }
      }),
    );
  });

  it("stays below what GitHub takes as one comment, with however many faults", () => {
    const long = "&".repeat(2000);
    const results = [...Array(500).keys()].flatMap((index) =>
      BANS?.outcome === "fail"
        ? [{ ...BANS, finding: { at: String(index), found: long, allowed: long }, places: [{ where: `${long}${String(index)}` }] }]
        : [],
    );
    const text = markdown({ ...RECORD, results }, WRITTEN);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain("in the full report");
  });
});
