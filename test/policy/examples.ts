/** An example for each rule, of the values that its tests change, and what the rule says of it. */
import { stringify } from "yaml";
import type { Example } from "../../ops/lib/rulePages";
import { withWaivers } from "../../ops/lib/waivers";
import { ALL_RULES, HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { judge, judgeHosts, judgeResources, type Verdict } from "../../policies/engine/judge";
import type { Finding, ResourceOptions, RuleFacts } from "../../policies/engine/rule";
import type { ReviewedComponent } from "../../policies/engine/subject";
import { cloudType } from "../../policies/readers/cloud";
import { readWaivers } from "../../policies/waivers/file";
import { faultOfRule } from "../../policies/waivers/rules";
import { goodUnit, goodUnits, hostUnits, putAt, resource, valueAt } from "./fixtures";
import { STACK_REFUSED } from "./spoilt/cloudStack";
import { HOSTS_REFUSED } from "./spoilt/hosts";
import { type Allowed, becomes } from "./spoilt/spoil";
import { REFUSED } from "./violations";

/** A good stack and the same with one thing changed, and how the difference is shown. */
export interface Change {
  readonly what: string;
  readonly subject: string;
  readonly good: string;
  readonly bad: string;
  readonly before: Stack;
  readonly after: Stack;
}

/** What is judged: components, and the options of the one that was changed where it is about those. */
interface Stack {
  readonly units: readonly ReviewedComponent[];
  readonly options?: ResourceOptions;
  /** The stack's file of waivers, where the rule is about that. */
  readonly waivers?: string;
}

/** What a rule says of components; one about single components is asked of the first. */
export function verdictOn({ id }: RuleFacts, { units, options, waivers }: Stack): Verdict {
  if (waivers !== undefined) return { violations: aboutWaivers(id, waivers), unknown: [] };
  const single = RULES.find((rule) => rule.id === id);
  if (single !== undefined) return judge(single, units[0]?.args, undefined, options);
  const ofHost = HOST_RULES.find((rule) => rule.id === id);
  if (ofHost !== undefined) return judgeHosts(ofHost, units);
  const ofStack = STACK_RULES.find((rule) => rule.id === id);
  if (ofStack === undefined) throw new Error(`no rule ${id}`);
  const registered = units.map(resource).map(({ type, name, urn, inputs }) => ({ type, name, urn, args: inputs, references: {} }));
  return judgeResources(ofStack, registered);
}

/** The change that a rule's page shows. Throws Error if no test of the rule has one. */
export function changeOf({ id }: RuleFacts): Change {
  const known = CHANGES.get(id) ?? OWN[id]?.() ?? firstOf(id);
  CHANGES.set(id, known);
  return known;
}

const CHANGES = new Map<string, Change>();

/** The first change of a rule's tests, which says best what the rule is about, if it can be shown in a few lines; else the shortest. */
function firstOf(id: string): Change {
  const rows: readonly (readonly [readonly Allowed[], (row: Allowed) => readonly ReviewedComponent[]])[] = [
    [REFUSED, ({ unit }) => [goodUnit(unit)]],
    [HOSTS_REFUSED, () => hostUnits()],
    [STACK_REFUSED, () => goodUnits()],
  ];
  let shortest: Change | undefined;
  for (const [refused, unitsOf] of rows)
    for (const row of refused.filter(({ rule }) => rule === id)) {
      const change = valueChange(row, unitsOf(row));
      // Where lines are cut short before they differ, nothing would be seen.
      if (change.good === change.bad) continue;
      if (length(change) <= MOST_SHOWN) return change;
      if (shortest === undefined || length(change) < length(shortest)) shortest = change;
    }
  if (shortest === undefined) throw new Error(`${id}: found no example, expected one in test/policy/spoilt`);
  return shortest;
}

/** What a rule's page shows. */
export function exampleOf(rule: RuleFacts): Example {
  const { what, subject, good, bad, after } = changeOf(rule);
  const says = verdictOn(rule, after).violations.map(({ at, found, allowed }) => `${at}: found ${found}, allowed: ${allowed}`);
  return { what, subject, good, bad, says };
}

// What is missing as a whole, or is of another type, is shown by the types.
const OWN: Readonly<Record<string, () => Change>> = {
  "waivers-valid": () => waiverChange("it says too little of why", ENTRY, { ...ENTRY, reason: "later" }),
  "baseline-needed": () => {
    const entry = { ...ENTRY, baseline: true };
    return waiverChange("what it accepted is mended, or gone", entry, { ...entry, resource: "former-helper" });
  },
  "hosts-have-every-unit": () => missing("a host with databases has no backups", hostUnits(), ["backup"]),
  "database-logs-kept-elsewhere": () => missing("a cluster has no log sink", goodUnits(), ["raw-log-sink", "raw-search-sink"]),
  "backup-off-site": () =>
    valueChange(
      {
        rule: "backup-off-site",
        what: "a server's backups go nowhere else",
        unit: "backup",
        path: "settings.offsite",
        spoil: becomes(null),
      },
      hostUnits().filter(({ type }) => type !== "phiward:digitalocean:Droplet"),
    ),
  "stateful-resources-protected": () => {
    const units = [goodUnit("raw-disk")];
    const line = (protect: boolean): string => stringify({ protect }).trimEnd();
    return {
      what: "its option says nothing against a deletion",
      subject: `${units[0]?.type ?? ""}, options`,
      good: line(true),
      bad: line(false),
      before: { units, options: { protect: true } },
      after: { units, options: { protect: false } },
    };
  },
  "changes-not-ignored": () => {
    const units = [goodUnit("raw-firewall")];
    const line = (ignoreChanges: readonly string[]): string => stringify({ ignoreChanges }).trimEnd();
    return {
      what: "the rules of a firewall stay as they were set elsewhere",
      subject: `${units[0]?.type ?? ""}, options`,
      good: line([]),
      bad: line(["inboundRules"]),
      before: { units, options: {} },
      after: { units, options: { ignoreChanges: ["inboundRules"] } },
    };
  },
  // What a request holds changes with each version of the agent.
  "requests-as-reviewed": () => {
    const bad = "phiward 0 0\n";
    const row = {
      rule: "requests-as-reviewed",
      what: "it is not a request of phiward's",
      unit: "raw-command",
      path: "stdin",
      spoil: becomes(bad),
    } as const;
    return { ...valueChange(row, goodUnits()), good: "stdin: # as the program packs it", bad: stringify({ stdin: bad }).trimEnd() };
  },
  "cloud-types-reviewed": () => typeChange("a type is used that was found unfit for patients' data", cloudType("Tag"), cloudType("Cdn")),
  "provider-packages-reviewed": () =>
    typeChange("a provider is used that nobody has reviewed", "pulumi:providers:digitalocean", "pulumi:providers:vault"),
};

const ENTRY = {
  rule: "container-limited",
  resource: "helper",
  reason: "the image is replaced in January; until then it needs more memory",
  owner: "Anna Example",
  approver: "Ben Example",
  ticket: "OPS-17",
  expires: "2027-01-31",
};

function waiverChange(what: string, good: object, bad: object): Change {
  const before = stringify([good]).trimEnd();
  const after = stringify([bad]).trimEnd();
  const subject = "waivers.<stack>.yaml";
  return { what, subject, good: before, bad: after, before: { units: [], waivers: before }, after: { units: [], waivers: after } };
}

/** What a rule about waivers says of a file, where one finding is there that the entry may accept. */
function aboutWaivers(id: string, text: string): readonly Finding[] {
  const checksOf = (): readonly [] => [];
  const terms = { today: "2026-11-27", faultOfRule: faultOfRule({ rules: ALL_RULES, checksOf }) };
  const file = { ...readWaivers("waivers.prod.yaml", text, terms), checksOf };
  const rule = ALL_RULES.find((one) => one.id === ENTRY.rule);
  if (rule === undefined) throw new Error(`no rule ${ENTRY.rule}`);
  const finding = { at: "memory", found: "no limit", allowed: "a limit" };
  const judged = withWaivers([{ rule, place: { where: ENTRY.resource }, violations: [finding], unknown: [] }], file, true);
  return judged.filter((one) => one.rule.id === id).flatMap(({ violations }) => violations);
}

function typeChange(what: string, good: string, bad: string): Change {
  const one = (type: string): Stack => ({ units: [{ type, host: "web1", unit: "other", args: {} }] });
  return { what, subject: "a resource", good: typeLine(good), bad: typeLine(bad), before: one(good), after: one(bad) };
}

function missing(what: string, before: readonly ReviewedComponent[], names: readonly string[]): Change {
  const gone = before.filter(({ unit }) => names.includes(unit)).map(({ type }) => type);
  const after = before.filter(({ unit }) => !names.includes(unit));
  return {
    what,
    subject: "the stack",
    good: gone.map(typeLine).join("\n"),
    bad: `# none of ${gone.join(", ")}`,
    before: { units: before },
    after: { units: after },
  };
}

function typeLine(type: string): string {
  return `type: ${type}`;
}

function valueChange({ what, unit: name, path, spoil }: Allowed, before: readonly ReviewedComponent[]): Change {
  const after = structuredClone(before);
  const unit = after.find((entry) => entry.unit === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  const good = structuredClone(valueAt(unit.args, path));
  const file = /^(files\.\d+)\.texts?$/.exec(path)?.[1];
  putAt(unit.args, path, spoil(structuredClone(good)));
  const bad = valueAt(unit.args, path);
  const subject = file === undefined ? unit.type : `${unit.type}, ${String(valueAt(unit.args, `${file}.path`))}`;
  const [goodLines, badLines] = different(linesOf(good, path, file), linesOf(bad, path, file));
  return { what, subject, good: goodLines, bad: badLines, before: { units: before }, after: { units: after } };
}

/** A value in lines: a rendered file as it is, and all else as YAML under its path. */
function linesOf(value: unknown, path: string, file: string | undefined): readonly string[] {
  if (value === undefined) return [`# no ${path}`];
  // A file that comes in several versions is shown whole, each after the other; what is equal is left out.
  if (file !== undefined) return [value].flat().flatMap((text) => (typeof text === "string" ? text.split("\n") : []));
  return stringify({ [path]: value }, { lineWidth: 0, aliasDuplicateObjects: false })
    .trimEnd()
    .split("\n");
}

const MOST_SHOWN = 900;
const CONTEXT = 1;
const MOST_LINES = 10;
const MOST_CHARACTERS = 110;

/** Where two texts differ, with a line before and after; what is equal is left out. */
function different(good: readonly string[], bad: readonly string[]): readonly [string, string] {
  const shorter = Math.min(good.length, bad.length);
  let start = 0;
  while (start < shorter && good[start] === bad[start]) start += 1;
  let end = 0;
  while (end < shorter - start && good.at(-1 - end) === bad.at(-1 - end)) end += 1;
  const part = (lines: readonly string[]): string => {
    const from = Math.max(0, start - CONTEXT);
    const to = Math.min(lines.length, lines.length - end + CONTEXT);
    const shown = lines.slice(from, to);
    const head = shown
      .slice(0, MOST_LINES)
      .map((line) => (line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line));
    return [...(from > 0 ? ["# …"] : []), ...head, ...(shown.length > head.length || to < lines.length ? ["# …"] : [])]
      .join("\n")
      .trimEnd();
  };
  return [part(good), part(bad)];
}

function length({ good, bad }: Change): number {
  return good.length + bad.length;
}
