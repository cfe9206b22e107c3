/** From what a rule says of a component back to the line of the stack's file that its author wrote. */
import type { StackConfig } from "../../../components/config/schema";
import { member, membersOf } from "../../../components/config/unknown";
import { stackModel } from "../../../components/containers/model";
import type { Finding, RuleFacts } from "../../../policies/engine/rule";
import { type ReviewedComponent, reviewedComponents } from "../../../policies/engine/subject";
import type { Place, PolicyRecord, Result } from "../record";
import { readStackFile } from "../stack";
import { DECIDED_BY } from "./decidedBy";
import { fit, type Hints, hintsOf } from "./hints";
import { type KeyPath, type StackLines, stackLines } from "./stackLines";

/** A stack's file, and what it says once it is complete. */
export interface DeclaredStack {
  readonly file: string;
  readonly config: StackConfig;
}

/** The record with the line of the stack's file at each place of a fault that a setting decides. */
export function withSettings(record: PolicyRecord, { file, config }: DeclaredStack): PolicyRecord {
  if (!record.results.some(isFault)) return record;
  const declared = readStackFile(file);
  const lines = stackLines(file);
  const argumentsOf = argumentsIn(config);
  const keyOf = ({ rule, finding }: Fault, place: Place): KeyPath | undefined =>
    likeliest(rule, place, finding, declared, hintsOf(argumentsOf(place, finding.at), place.where, finding));
  // The same fault says the same in a file that is rendered of a setting, or in a container of a service: there it may tell less of where.
  const said = Map.groupBy(
    record.results.filter(isFault).flatMap((fault) =>
      fault.places.flatMap((place) => {
        const key = keyOf(fault, place);
        return key === undefined ? [] : [{ saying: sayingOf(fault), key }];
      }),
    ),
    ({ saying }) => saying,
  );
  const located = (fault: Fault, place: Place): Place => {
    const own = keyOf(fault, place);
    const other = said
      .get(sayingOf(fault))
      ?.find(({ key }) => key.length > (own?.length ?? 0) && (own?.every((step, index) => key[index] === step) ?? true));
    const key = other?.key ?? own;
    return key === undefined ? place : { ...place, ...setAt(key, lines) };
  };
  return {
    ...record,
    results: record.results.map((result) =>
      isFault(result) ? { ...result, places: result.places.map((place) => located(result, place)) } : result,
    ),
  };
}

type Fault = Extract<Result, { readonly finding: Finding }>;

function isFault(result: Result): result is Fault {
  return result.outcome === "fail" || result.outcome === "waived";
}

function sayingOf({ rule, finding: { found } }: Fault): string {
  return JSON.stringify([rule.id, found]);
}

function setAt(key: KeyPath, lines: StackLines): Pick<Place, "setting" | "unset"> {
  // Names in a map are the author's, and may be anything.
  const text = key.map((step) => (/^\w{1,64}$/.test(String(step)) ? String(step) : "…")).join(".");
  const found = lines(key);
  return found === undefined ? { unset: text } : { setting: { file: found.file, line: found.line, key: text } };
}

/** The arguments of the component that a place is, by its name in either mode: host/unit, host-unit, or a host with a type. */
function argumentsIn(config: StackConfig): (place: Place, at: string) => unknown {
  const model = stackModel(config);
  const units = config.hosts.flatMap((host) => reviewedComponents(model, host));
  const byName = new Map(units.flatMap((unit) => namesOf(unit).map((name): [string, unknown] => [name, unit.args])));
  return ({ where }, at) => byName.get(where) ?? byName.get(`${where} ${at.replace(/\..*$/, "")}`);
}

function namesOf({ host, unit, type }: ReviewedComponent): readonly string[] {
  return [`${host}/${unit}`, `${host}-${unit}`, `${host} ${type.replace(/^.*:/, "")}`];
}

function likeliest(rule: RuleFacts, place: Place, finding: Finding, declared: unknown, hints: Hints): KeyPath | undefined {
  const patterns = DECIDED_BY[rule.id] ?? [];
  const candidates = patterns.flatMap((pattern) => {
    const candidate = followed(declared, pattern.split("."), hints);
    return candidate === undefined ? [] : [{ key: candidate.key, weight: weightOf(candidate, pattern, finding) }];
  });
  const [best] = candidates.sort((one, other) => other.weight - one.weight);
  // What stands beside our components is made by the program, unless an entry of the configuration has its name.
  const ours = place.type === undefined || place.type.startsWith("phiward:");
  return best === undefined || (best.weight === 0 && (patterns.length > 1 || !ours)) ? undefined : best.key;
}

interface Candidate {
  readonly key: KeyPath;
  /** Whether an entry on the way has a name that the finding has. */
  readonly named: boolean;
  /** Whether it ends at the very value. */
  readonly exact: boolean;
}

function weightOf({ named, exact }: Candidate, pattern: string, { at, found }: Finding): number {
  const last = pattern.replace(/^.*\.|\[\]/g, "").toLowerCase();
  const mentioned = `${at} ${found}`.toLowerCase().split(/\W+/).includes(last);
  return (exact ? 4 : 0) + (mentioned ? 2 : 0) + (named ? 1 : 0);
}

function followed(value: unknown, steps: readonly string[], hints: Hints): Candidate | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return ended(value, hints);
  const name = step.replace("[]", "");
  const inner = member(value, name);
  if (name === step) return prefixed([name], followed(inner, rest, hints));
  const entry = entryOf(inner, hints);
  if (entry === undefined) return undefined;
  const further = prefixed([name, entry.index], followed(member(inner, entry.index), rest, hints));
  return further === undefined ? undefined : { ...further, named: further.named || entry.fits > 0 };
}

function prefixed(steps: KeyPath, candidate: Candidate | undefined): Candidate | undefined {
  return candidate === undefined ? undefined : { ...candidate, key: [...steps, ...candidate.key] };
}

// The only one there is, or the one whose name fits best.
function entryOf(list: unknown, hints: Hints): { readonly index: number; readonly fits: number } | undefined {
  if (!Array.isArray(list)) return undefined;
  const fits = list.map((entry, index) => ({ index, fits: Math.max(...identities(entry).map((name) => fit(name, hints)), 0) }));
  const [best] = fits.sort((one, other) => other.fits - one.fits || one.index - other.index);
  return best !== undefined && (best.fits > 0 || fits.length === 1) ? best : undefined;
}

// What tells an entry from the others of its list.
function identities(entry: unknown): readonly string[] {
  const values = typeof entry === "object" ? ["name", "port", "path"].map((key) => member(entry, key)) : [entry];
  return values.flatMap((value) => (typeof value === "string" || typeof value === "number" ? [String(value)] : []));
}

// One of a map's keys or of a list's texts, where the finding is about that one.
function ended(value: unknown, { ends }: Hints): Candidate {
  const isOne = typeof value === "string" && ends.has(value);
  if (typeof value !== "object" || value === null) return { key: [], named: false, exact: isOne };
  const step = Array.isArray(value)
    ? value.findIndex((entry) => typeof entry === "string" && ends.has(entry))
    : Object.keys(membersOf(value)).find((name) => ends.has(name));
  return step === undefined || step === -1 ? { key: [], named: false, exact: false } : { key: [step], named: false, exact: true };
}
