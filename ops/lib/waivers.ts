/** The waivers of a stack, and what the rules say of it once they are applied. */
import type { StackConfig } from "../../components/config/schema";
import { ALL_RULES } from "../../policies/all";
import type { Finding } from "../../policies/engine/rule";
import { acceptedBy, names } from "../../policies/waivers/accept";
import { NO_WAIVERS, type Waiver, type WaiverFault, type Waivers } from "../../policies/waivers/file";
import { loadWaivers, waiversBeside } from "../../policies/waivers/load";
import { baselineNeeded, checkOf, faultOfRule, type KnownCheck, waiversValid } from "../../policies/waivers/rules";
import { knownChecks } from "./knownChecks";
import type { Acceptance, Judged, Waived } from "./record";

/** The waivers of a stack, and the checks of its hosts, which some of them may be about. */
export interface StackWaivers extends Waivers {
  readonly checksOf: (host: string) => readonly KnownCheck[];
}

/** A stack without waivers. */
export const UNWAIVED: StackWaivers = { ...NO_WAIVERS, checksOf: () => [] };

/**
 * The waivers beside a stack's file. `today` is a day in UTC as YYYY-MM-DD. Without a configuration, as of a program of one's own, there
 * are no hosts, and no checks that a waiver could be about. Never throws: what is wrong is a fault, which a report shows.
 */
export function stackWaivers(stackFile: string, today: string, config?: StackConfig): StackWaivers {
  const checksOf = config === undefined ? () => [] : knownChecks(config);
  return { ...loadWaivers(waiversBeside(stackFile), { today, faultOfRule: faultOfRule({ rules: ALL_RULES, checksOf }) }), checksOf };
}

/**
 * What the rules say, with what is accepted marked as that, and what the rules about waivers say. What a waiver accepts is known only
 * where everything was judged: `whole` says so.
 */
export function withWaivers(judged: readonly Judged[], stack: StackWaivers, whole: boolean): readonly Judged[] {
  const { path, waivers } = stack;
  if (path === undefined) return judged;
  const used = new Set<Waiver>();
  const applied = judged.map((one) => applyTo(one, waivers, used));
  const unused = whole ? waivers.filter((waiver) => !used.has(waiver) && !isOfCheck(waiver, stack)) : [];
  const [spare, idle] = [unused.filter(({ baseline }) => baseline === true), unused.filter(({ baseline }) => baseline !== true)];
  return [
    ...applied,
    ...aboutWaivers(path, waiversValid, [...stack.faults, ...idle.map(acceptsNothing)]),
    ...(waivers.some(({ baseline }) => baseline === true) ? aboutWaivers(path, baselineNeeded, spare.map(acceptsNothing)) : []),
  ];
}

// Whether it accepts anything there, only a verification knows. A fingerprint is of a rule's finding.
function isOfCheck(waiver: Waiver, { checksOf }: StackWaivers): boolean {
  return waiver.finding === undefined && checkOf(waiver, checksOf) !== undefined;
}

function applyTo(one: Judged, waivers: readonly Waiver[], used: Set<Waiver>): Judged {
  const { rule, place, violations, unknown } = one;
  // What is not known yet may be what it is for.
  if (unknown.length > 0) for (const waiver of waivers) if (waiver.rule === rule.id && names(waiver.resource, place)) used.add(waiver);
  const by = acceptedBy(waivers, rule.id, place, violations);
  const waived = violations.flatMap((finding, index): Waived[] => {
    const waiver = by[index];
    if (waiver === undefined) return [];
    used.add(waiver);
    return [{ finding, waiver: acceptance(waiver) }];
  });
  return waived.length === 0 ? one : { ...one, violations: violations.filter((_, index) => by[index] === undefined), waived };
}

/** What a report shows of a waiver. */
export function acceptance({ reason, owner, approver, ticket, expires }: Waiver): Acceptance {
  return { reason: reason.trim().replaceAll(/\s+/g, " "), owner, approver, ticket, expires };
}

/** A fault of a file of waivers as a line. */
export function faultText(path: string, { line, key, found, allowed }: WaiverFault): string {
  return `${path}:${String(line)}: ${key}: found ${found}, allowed: ${allowed}`;
}

function acceptsNothing({ line, key, rule, resource }: Waiver): WaiverFault {
  return { line, key, found: `a waiver of ${rule} on ${resource}, which finds nothing there`, allowed: "a waiver of what a report shows" };
}

// Each fault at its own line; where there is none, the file has passed.
function aboutWaivers(file: string, rule: typeof waiversValid, faults: readonly WaiverFault[]): readonly Judged[] {
  const at = ({ line, key }: Pick<WaiverFault, "line" | "key">, violations: readonly Finding[]): Judged => ({
    rule,
    place: { where: "stack", setting: { file, line, key } },
    violations,
    unknown: [],
  });
  if (faults.length === 0) return [at({ line: 1, key: "waivers" }, [])];
  return faults.map((fault) => {
    const key = fault.key === "waivers" ? fault.key : `waivers.${fault.key}`;
    return at({ line: fault.line, key }, [{ at: key, found: fault.found, allowed: fault.allowed }]);
  });
}
