/**
 * A policy record as SARIF 2.1.0 (OASIS), as GitHub's code scanning reads it. What is waived is left out: GitHub shows suppressed results as
 * open ones, and the record, the text and the other formats have them. What passed or is unknown is no result of a line, and is left out too.
 */
import { createHash } from "node:crypto";
import { citationsOfAll } from "../../../components/compliance/controls";
import { citationText } from "../../../components/compliance/law";
import { type RuleFacts, remedyOf, support } from "../../../policies/engine/rule";
import { type Fault, faultsOf, foundTexts, shortList } from "../faults";
import type { PolicyRecord } from "../record";
import { oneLine, safeJson } from "../terminal";
import type { Written } from "./written";

// GitHub's names for ranges of scores: above 9 critical, from 7 high, from 4 medium.
const SCORES: Readonly<Record<RuleFacts["severity"], string>> = { critical: "9.5", high: "8.0", medium: "5.5", low: "3.0" };
// GitHub reads no more of a rule.
const MOST_TAGS = 20;

/** The log as JSON. */
export function sarif(record: PolicyRecord, { version }: Written): string {
  const rules = [...new Map(record.results.map(({ rule }) => [rule.id, rule])).values()];
  const faults = faultsOf(record).filter(({ waiver }) => waiver === undefined);
  const stack = oneLine(record.stack);
  return safeJson({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "phiward", semanticVersion: version, rules: rules.map(descriptor) } },
        // One run a stack: those of others stay when this one comes again.
        automationDetails: { id: `phiward-policy/${stack}/` },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: true }],
        results: identified(faults).map(({ fault, fingerprint }) => ({
          ruleId: fault.rule.id,
          ruleIndex: rules.findIndex(({ id }) => id === fault.rule.id),
          level: levelOf(fault.rule),
          message: { text: messageOf(fault) },
          locations: [locationOf(fault, record.stack)],
          partialFingerprints: { primaryLocationLineHash: fingerprint, "phiward/v1": fingerprint },
        })),
      },
    ],
  });
}

function descriptor(rule: RuleFacts): object {
  const { id, description, severity, remedy, controls } = rule;
  const help = `${description} Fix: ${remedy}. ${support(rule).replace(/^s/, "S")}.`;
  const tags = [...new Set(["security", ...controls, ...citationsOfAll(controls).map(citationText)])];
  return {
    id,
    name: id,
    shortDescription: { text: description },
    fullDescription: { text: description },
    help: { text: help, markdown: help },
    defaultConfiguration: { level: levelOf(rule) },
    properties: { "security-severity": SCORES[severity], precision: "very-high", tags: tags.slice(0, MOST_TAGS) },
  };
}

function levelOf({ enforcementLevel }: RuleFacts): "error" | "warning" {
  return enforcementLevel === "mandatory" ? "error" : "warning";
}

function messageOf({ rule, key, findings, wheres }: Fault): string {
  const about = key === undefined ? shortList(wheres) : `${key} (${shortList(wheres)})`;
  return `${about}: ${foundTexts(findings).join("; ")}. Fix: ${remedyOf(rule, findings[0])}.`;
}

// GitHub refuses a result without a line: what a default decides is set in the stack's file.
function locationOf({ line, wheres }: Fault, stack: string): object {
  const { file, line: startLine } = line ?? { file: `Pulumi.${oneLine(stack.split("/").at(-1) ?? "")}.yaml`, line: 1 };
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(file), uriBaseId: "%SRCROOT%" }, region: { startLine } },
    logicalLocations: wheres.map((name) => ({ fullyQualifiedName: name, kind: "resource" })),
  };
}

function uriOf(file: string): string {
  return file.toWellFormed().replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
}

interface Identified {
  readonly fault: Fault;
  readonly fingerprint: string;
}

// Of what is wrong and not of where: lines and entries of lists move. Those that say the same are numbered.
function identified(faults: readonly Fault[]): readonly Identified[] {
  const seen = new Map<string, number>();
  return faults.map((fault) => {
    const { rule, key, findings } = fault;
    const [{ at, found, allowed }] = findings;
    const said = [rule.id, key ?? at, found, allowed].map((text) => text.replace(/\.\d+(?=\.|$| )/g, ""));
    const hash = createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, 32);
    const times = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, times);
    return { fault, fingerprint: `${hash}:${String(times)}` };
  });
}
