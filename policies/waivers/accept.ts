/** Which finding a waiver accepts. */
import { createHash } from "node:crypto";
import type { Finding } from "../engine/rule";
import type { Waiver } from "./file";

/** What a rule was asked of, as a waiver names it. */
export interface Subject {
  /** Name of the resource or of the host, `host/unit` of a configuration, or `stack`. */
  readonly where: string;
  /** Type token of the resource. */
  readonly type?: string | undefined;
}

/** For each finding of one rule about one subject, the waiver that accepts it; undefined where none does. */
export function acceptedBy(
  waivers: readonly Waiver[],
  rule: string,
  subject: Subject,
  findings: readonly Finding[],
): readonly (Waiver | undefined)[] {
  const own = waivers.filter((waiver) => waiver.rule === rule && names(waiver.resource, subject));
  if (own.length === 0) return findings.map(() => undefined);
  const prints = fingerprints(rule, subject, findings);
  // One about the very finding goes first: what is left of the others accepts nothing, and is reported.
  return findings.map((one, index) =>
    isKnown(one) ? (own.find(({ finding }) => finding === prints[index]) ?? own.find(({ finding }) => finding === undefined)) : undefined,
  );
}

/** Whether anybody knows what a finding is about: what a rule failed on nobody can accept. */
export function isKnown({ kind }: Finding): boolean {
  return kind !== "rule-failed";
}

/** Whether an entry's resource is the subject. */
export function names(resource: string, { where, type }: Subject): boolean {
  if (resource === where) return true;
  if (type !== undefined && resource === `${type}::${where}`) return true;
  // A component of ours is a host's unit: `web/ufw` in a configuration, the resource `web-ufw` of a program.
  const isUnit = type === undefined ? where.includes("/") : type.startsWith("phiward:");
  return isUnit && asResource(resource) === asResource(where);
}

function asResource(name: string): string {
  return /^[^/]+\/[^/]+$/.test(name) ? name.replace("/", "-") : name;
}

/**
 * What a finding is known by, whatever its place in a list or a file: 16 hexadecimal digits over the rule, the subject, the path
 * without its numbers, and what was found. Of several that are alike in one subject each further one ends in -2, -3 and so on.
 */
export function fingerprints(rule: string, subject: Subject, findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map(({ at, found }) => {
    const what = [rule, asResource(subject.where), withoutLines(at).replaceAll(/(?<=\.)\d+(?=[. ,]|$)/g, "*"), withoutLines(found)];
    const print = createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 16);
    const count = (seen.get(print) ?? 0) + 1;
    seen.set(print, count);
    return count === 1 ? print : `${print}-${String(count)}`;
  });
}

// `settings.rules.5`, `files.8 (/etc/ufw/user6.rules)`, `line 12`: the number says where it is, and not what.
function withoutLines(text: string): string {
  return text.replaceAll(/\bline \d+/g, "line *");
}
