/** `phiward policy --baseline`: what a stack has is accepted once and for a time, so that only what is new fails from then on. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { Finding, RuleFacts } from "../../policies/engine/rule";
import { acceptedBy, fingerprints, isKnown } from "../../policies/waivers/accept";
import { readWaivers, type Waiver } from "../../policies/waivers/file";
import { waiversBeside } from "../../policies/waivers/load";
import { OperatorError } from "./errors";
import { CONFIG_FAULT } from "./pulumiYaml";
import type { Place, PolicyRecord } from "./record";
import { faultText } from "./waivers";

/** What every entry of a baseline says; each is an option of the command, and asked for. */
export interface BaselineTerms {
  readonly owner?: string;
  readonly approver?: string;
  readonly ticket?: string;
  readonly reason?: string;
  readonly expires?: string;
}

/** What was written, and where. */
export interface Baseline {
  readonly path: string;
  readonly accepted: number;
  /** Rules whose findings cannot be waived and go on to fail. */
  readonly refused: readonly string[];
}

/**
 * Adds an entry for each finding of the record to the waivers beside the stack's file; entries that are there stay as they are. Throws
 * OperatorError, having written nothing, where a term is missing or wrong, the file has a fault, or it has a baseline already.
 */
export function writeBaseline(record: PolicyRecord, stackFile: string, terms: BaselineTerms, today: string): Baseline {
  requireTerms(terms, today);
  const path = waiversBeside(stackFile);
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  const known = readWaivers(path, before, { today, faultOfRule: () => undefined });
  if (known.faults.length > 0) throw new OperatorError(known.faults.map((fault) => faultText(path, fault)).join("\n"), CONFIG_FAULT);
  const old = known.waivers.find(({ baseline }) => baseline === true);
  if (old !== undefined)
    throw new OperatorError(
      `${path}:${String(old.line)}: found a baseline, allowed: one of a stack; correct what is new, waive it by an entry of its own, or remove the old entries first`,
      2,
    );
  const found = findingsOf(record);
  const accepted = found.flatMap((one) => (one.rule.notWaivable === undefined ? entriesOf(one, known.waivers, terms) : []));
  const refused = [...new Set(found.flatMap(({ rule }) => (rule.notWaivable === undefined ? [] : [rule.id])))];
  const entries = [...new Map(accepted.map((entry) => [JSON.stringify(entry), entry])).values()];
  if (entries.length > 0) append(path, before, entries, today);
  return { path, accepted: entries.length, refused };
}

function requireTerms({ owner, approver, ticket, reason, expires }: BaselineTerms, today: string): void {
  const entry = { rule: "baseline", resource: "stack", reason, owner, approver, ticket, expires };
  const { faults } = readWaivers("", stringify([entry]), { today, faultOfRule: () => undefined });
  if (faults.length > 0)
    throw new OperatorError(
      faults.map(({ key, found, allowed }) => `--${key.replace("0.", "")}: found ${found}, allowed: ${allowed}`).join("\n"),
      2,
    );
}

interface FoundAt {
  readonly rule: RuleFacts;
  readonly place: Place;
  readonly findings: readonly Finding[];
}

// All findings of a rule at a place, those that are waived too: they are told apart by their number among those that are alike.
function findingsOf({ results }: PolicyRecord): readonly FoundAt[] {
  const found = results.flatMap((result) =>
    result.outcome === "fail" || result.outcome === "waived"
      ? result.places.map((place) => ({ rule: result.rule, place, finding: result.finding, isOpen: result.outcome === "fail" }))
      : [],
  );
  const byPlace = Map.groupBy(found, ({ rule, place: { where, type, source } }) => JSON.stringify([rule.id, where, type, source]));
  return [...byPlace.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined || same.every(({ isOpen }) => !isOpen)
      ? []
      : [{ rule: first.rule, place: first.place, findings: same.map(({ finding }) => finding).filter(isKnown) }];
  });
}

function entriesOf({ rule, place, findings }: FoundAt, waivers: readonly Waiver[], terms: BaselineTerms): readonly object[] {
  const accepted = acceptedBy(waivers, rule.id, place, findings);
  const { reason, owner, approver, ticket, expires } = terms;
  return fingerprints(rule.id, place, findings).flatMap((finding, index) =>
    accepted[index] === undefined
      ? [{ rule: rule.id, resource: place.where, finding, reason, owner, approver, ticket, expires, baseline: true }]
      : [],
  );
}

function append(path: string, before: string, entries: readonly object[], today: string): void {
  const head = `# Baseline of ${today}: what npx phiward policy found then. Remove an entry once it is put right.\n`;
  const whole = `${before === "" || before.endsWith("\n") ? before : `${before}\n`}${head}${stringify(entries, { lineWidth: 0 })}`;
  // Into a list in brackets nothing can be added, and no entry can hold what is not printable.
  const { faults } = readWaivers(path, whole, { today, faultOfRule: () => undefined });
  if (faults.length > 0)
    throw new OperatorError(
      ["Nothing was written: the file would have faults.", ...faults.map((fault) => faultText(path, fault))].join("\n"),
      2,
    );
  writeFileSync(`${path}.new`, whole);
  renameSync(`${path}.new`, path);
}
