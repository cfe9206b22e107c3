/** Runs a rule so that nothing passes in silence: what fails, is malformed or is not known yet comes out. */

import { type Facts, Notes, Value } from "../readers/value";
import type { ConfiguredRule, Finding, HostRule, HostUnits, ResourceOptions, Rule, RuleFacts, StackRule } from "./rule";
import { thresholdFaults } from "./thresholds";

/** What became of one rule on one component. It passed if both lists are empty. */
export interface Verdict {
  readonly violations: readonly Finding[];
  /** Paths of values that are not known before the deploy, and that the rule had to leave unjudged. */
  readonly unknown: readonly string[];
}

/**
 * Judges a component's arguments, given as plain data with UNKNOWN where a value is not known yet. `facts` are those of the component:
 * rules that are given the same share what they find. Never throws.
 */
export function judge(rule: Rule, args: unknown, facts: Facts = new Map(), options: ResourceOptions = {}): Verdict {
  const notes = new Notes();
  return verdict(notes, (report) => {
    reportThresholds(rule, options, report);
    rule.judge(new Value(args, notes, undefined, facts), report, options);
  });
}

/** What became of one rule on what it judges: a resource, a host, or the stack. */
export interface Judgement extends Verdict {
  /** Id of the rule. */
  readonly rule: string;
  /** The resource, where the rule judges single ones. */
  readonly urn?: string;
  /** Name of the host, where the rule compares what one has. */
  readonly host?: string;
}

/** A component of the stack, or a resource that one has made: its type, the name of the host it is for if that is known, and its arguments. */
export interface HostComponent {
  readonly type: string;
  readonly host: string | undefined;
  readonly args: unknown;
}

/** What became of a rule on one host; of no host where the stack has none. */
export interface HostVerdict extends Verdict {
  readonly host?: string;
}

/** What hosts are judged by beside the rule: whether there must be one, and what the stack has set of the rule's thresholds. */
export interface HostTerms extends ConfiguredRule {
  readonly expected?: boolean;
}

/** Judges the units of each host together; that there is none is a fault unless none is `expected`. Never throws. */
export function judgeEachHost(rule: HostRule, units: readonly HostComponent[], terms: HostTerms = {}): readonly HostVerdict[] {
  const hosts = [...byHost(units)];
  if (hosts.length === 0)
    return terms.expected === false || rule.withoutHosts === undefined ? [] : [{ violations: [rule.withoutHosts], unknown: [] }];
  return hosts.map(([host, own]) => {
    const notes = new Notes();
    const all: HostUnits = {
      of: (type) => (own.get(type) ?? []).map(({ args }) => new Value(args, notes, type.replace(/^.*:/, ""))),
    };
    const judged = verdict(notes, (report) => {
      reportThresholds(rule, terms, report);
      rule.judge(all, report, terms);
    });
    return { host, ...judged };
  });
}

/** A verdict whose paths begin with the host, for whoever is not told of the host apart from them. */
export function withHost({ host, violations, unknown }: HostVerdict): Verdict {
  const where = (at: string): string => (host === undefined ? at : at === "units" ? `host ${host}` : `host ${host}, ${at}`);
  return { violations: violations.map((finding) => ({ ...finding, at: where(finding.at) })), unknown: unknown.map(where) };
}

/** The units of all hosts as one verdict. Never throws. */
export function judgeHosts(rule: HostRule, units: readonly HostComponent[], terms: ConfiguredRule = {}): Verdict {
  const verdicts = judgeEachHost(rule, units, terms).map(withHost);
  return { violations: verdicts.flatMap(({ violations }) => violations), unknown: verdicts.flatMap(({ unknown }) => unknown) };
}

/** A resource of the stack as it was registered: plain data, with UNKNOWN where a value is not known yet. */
export interface RegisteredResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly args: unknown;
  /** URNs of the resources that each property was set from. */
  readonly references: Readonly<Record<string, readonly string[]>>;
}

/** Texts that resources have as secrets: found where a rule asks for them, since few do. */
export type Secrets = () => readonly string[];

/** Judges all resources of a stack together; `secrets` gives texts that they have as secrets. Never throws. */
export function judgeResources(
  rule: StackRule,
  resources: readonly RegisteredResource[],
  secrets: Secrets = () => [],
  set: ConfiguredRule = {},
): Verdict {
  const notes = new Notes();
  return verdict(notes, (report) => {
    const all = resources.map((resource) => ({
      type: resource.type,
      urn: resource.urn,
      references: (property: string) => resource.references[property] ?? [],
      // A rule reads a few of them: the others are not even copied.
      get args() {
        return new Value(resource.args, notes, resource.name);
      },
    }));
    const byType = Map.groupBy(all, ({ type }) => type);
    let known: readonly string[] | undefined;
    const holdsSecret = (text: string): boolean =>
      (known ??= secrets().filter((secret) => secret.length >= SHORTEST_SECRET)).some((secret) => text.includes(secret));
    reportThresholds(rule, set, report);
    rule.judge({ all, of: (type) => byType.get(type) ?? [], holdsSecret }, report, set);
  });
}

// A shorter one, the number of a port say, is found in harmless texts by chance.
const SHORTEST_SECRET = 8;

/** What became of a rule about the stack at one of its resources; without one, at all of them together. */
export interface ResourceVerdict extends Verdict {
  readonly resource?: Pick<RegisteredResource, "type" | "name" | "urn">;
}

/** Judges all resources of a stack together; each finding is at the resource that its path names. Never throws. */
export function judgeEachResource(
  rule: StackRule,
  resources: readonly RegisteredResource[],
  secrets: Secrets = () => [],
  set: ConfiguredRule = {},
): readonly ResourceVerdict[] {
  const { violations, unknown } = judgeResources(rule, resources, secrets, set);
  const byName = new Map(resources.map((resource) => [resource.name, resource]));
  const found = Map.groupBy(violations, ({ at }) => byName.get(resourceAt(at, byName.keys()) ?? ""));
  const each = [...found].map(
    ([resource, own]): ResourceVerdict => ({ ...(resource === undefined ? {} : { resource }), violations: own, unknown: [] }),
  );
  return unknown.length > 0 || each.length === 0 ? [...each, { violations: [], unknown }] : each;
}

// Undefined where the path names none.
function resourceAt(at: string, names: Iterable<string>): string | undefined {
  let longest: string | undefined;
  for (const name of names) if ((at === name || at.startsWith(`${name}.`)) && name.length > (longest?.length ?? 0)) longest = name;
  return longest;
}

type ByType = ReadonlyMap<string, readonly HostComponent[]>;

// A component whose host is not known counts as each host's. A host is what a component of ours is for.
function byHost(units: readonly HostComponent[]): ReadonlyMap<string, ByType> {
  const placed = Map.groupBy(units, ({ host }) => host);
  const isOurs = ({ type }: HostComponent): boolean => type.startsWith("phiward:");
  const anywhere = (placed.get(undefined) ?? []).filter(isOurs);
  return new Map(
    [...placed].flatMap(([host, own]): [string, ByType][] =>
      host === undefined || !own.some(isOurs) ? [] : [[host, Map.groupBy([...own, ...anywhere], ({ type }) => type)]],
    ),
  );
}

// What is out of bounds is a violation of the rule itself; its default holds.
function reportThresholds(
  { id, thresholds = {} }: RuleFacts,
  { configured = {} }: ConfiguredRule,
  report: (finding: Finding) => void,
): void {
  for (const fault of thresholdFaults(thresholds, configured, `policy-config.${id}`)) report(fault);
}

function verdict(notes: Notes, ask: (report: (finding: Finding) => void) => void): Verdict {
  const violations: Finding[] = [];
  try {
    ask((finding) => violations.push(finding));
  } catch (error) {
    // Fail closed. Not the error's own words: they may repeat a value.
    violations.push({
      at: "arguments",
      kind: "rule-failed",
      found: `what the rule itself failed on (${error instanceof Error ? error.name : typeof error})`,
      allowed: "what the type of the component's settings allows",
    });
  }
  for (const [at, { found, allowed }] of notes.malformed) violations.push({ at, found, allowed });
  return { violations: distinct(violations), unknown: [...notes.unknown] };
}

// A file that comes in several versions may have the same fault in each.
function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
