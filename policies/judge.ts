/** Runs a rule so that nothing passes in silence: what fails, is malformed or is not known yet comes out. */
import type { Finding, Rule } from "./rule";
import { Notes, Value } from "./value";

/** What became of one rule on one component. It passed if both lists are empty. */
export interface Verdict {
  readonly violations: readonly Finding[];
  /** Paths of values that are not known before the deploy, and that the rule had to leave unjudged. */
  readonly unknown: readonly string[];
}

/** Judges a component's arguments, given as plain data with UNKNOWN where a value is not known yet. Never throws. */
export function judge(rule: Rule, args: unknown): Verdict {
  const notes = new Notes();
  const violations: Finding[] = [];
  try {
    rule.judge(new Value(args, notes), (finding) => violations.push(finding));
  } catch (error) {
    // Fail closed. Not the error's own words: they may repeat a value.
    violations.push({
      at: "arguments",
      found: `what the rule itself failed on (${error instanceof Error ? error.name : typeof error})`,
      allowed: "what the component's state type allows",
    });
  }
  for (const [at, { found, allowed }] of notes.malformed) violations.push({ at, found, allowed });
  return { violations: distinct(violations), unknown: [...notes.unknown] };
}

// A file that comes in several versions may have the same fault in each.
function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
