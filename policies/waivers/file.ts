/** Reads a stack's file of waivers: what is accepted, and every fault of the file, each with its line. */
import { type Document, isMap, isNode, isPair, isSeq, LineCounter, type ParsedNode, parseDocument } from "yaml";
import { allowed, found } from "../../components/config/faults";
import { member } from "../../components/config/unknown";
import { daysBetween, type Entry, entrySchema, LONGEST_DAYS, samePerson } from "./schema";

/** One thing that is wrong in the file. */
export interface WaiverFault {
  readonly line: number;
  /** The entry by its number from 0, and the key in it, e.g. `2.expires`; `waivers` for the file as a whole. */
  readonly key: string;
  readonly found: string;
  readonly allowed: string;
}

/** An entry without a fault: what it accepts is accepted. */
export interface Waiver extends Entry {
  readonly line: number;
  readonly key: string;
}

/** A stack's file of waivers, read. An entry with a fault waives nothing; nor does a file that is no list. */
export interface Waivers {
  /** Its path, as a report names it; undefined where the stack has none. */
  readonly path: string | undefined;
  readonly waivers: readonly Waiver[];
  readonly faults: readonly WaiverFault[];
}

/** What the entries of a file are judged by. */
export interface WaiverTerms {
  /** Today in UTC, as YYYY-MM-DD. */
  readonly today: string;
  /** Says what is wrong with what an entry names, if anything: an unknown rule, or one that cannot be waived. */
  readonly faultOfRule: (entry: Pick<Entry, "rule" | "resource">) => Pick<WaiverFault, "found" | "allowed"> | undefined;
}

/** No file: nothing is waived. */
export const NO_WAIVERS: Waivers = { path: undefined, waivers: [], faults: [] };

/** Reads the text of a file. Never throws. */
export function readWaivers(path: string, text: string, terms: WaiverTerms): Waivers {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "error" });
  const whole = (line: number, what: string, may: string): Waivers => ({
    path,
    waivers: [],
    faults: [{ line, key: "waivers", found: what, allowed: may }],
  });
  const [error] = document.errors;
  if (error !== undefined) return whole(error.linePos?.[0].line ?? 1, `what is not valid YAML (${error.code})`, "a YAML list of waivers");
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 0 });
  } catch {
    return whole(1, "an alias (*NAME)", "entries that are written out");
  }
  if (raw === null) return { path, waivers: [], faults: [] };
  if (!Array.isArray(raw)) return whole(1, "no list", "a YAML list of waivers, each an entry that begins with -");
  const lineOf = (keys: readonly PropertyKey[]): number => lines.linePos(offsetAt(document, keys)).line;
  const entries = raw.map((entry: unknown, index) => readEntry(entry, index, lineOf, terms));
  const read = entries.flatMap(({ waiver }) => (waiver === undefined ? [] : [waiver]));
  const doubles = duplicates(read);
  return {
    path,
    waivers: read.filter(({ key }) => doubles.every((fault) => fault.key !== key)),
    faults: [...entries.flatMap(({ faults }) => faults), ...doubles].sort((one, other) => one.line - other.line),
  };
}

// The nearest of what is there: of a key that is missing, the entry.
function offsetAt(document: Document.Parsed, keys: readonly PropertyKey[]): number {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const key of keys) {
    if (isSeq(node)) {
      const member: unknown = node.items[Number(key)];
      node = isNode(member) ? (member as ParsedNode) : null;
      offset = node?.range[0] ?? offset;
    } else if (isMap(node)) {
      const pair: unknown = node.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === String(key));
      if (!isPair(pair)) return offset;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = isNode(pair.value) ? (pair.value as ParsedNode) : null;
    } else return offset;
  }
  return offset;
}

interface ReadEntry {
  readonly waiver?: Waiver;
  readonly faults: readonly WaiverFault[];
}

function readEntry(raw: unknown, index: number, lineOf: (keys: readonly PropertyKey[]) => number, terms: WaiverTerms): ReadEntry {
  const parsed = entrySchema.safeParse(raw, { error: allowed });
  const malformed = (parsed.error?.issues ?? []).map((issue) => {
    const path = [index, ...issue.path];
    const at = issue.code === "unrecognized_keys" ? [...path, issue.keys[0] ?? ""] : path;
    return { line: lineOf(at), key: path.map(String).join("."), found: found(raw, issue), allowed: issue.message };
  });
  const wrong = wrongIn(raw, terms).map(({ key, ...words }) => ({ line: lineOf([index, key]), key: `${String(index)}.${key}`, ...words }));
  const faults = [...malformed, ...wrong];
  return parsed.success && faults.length === 0
    ? { waiver: { ...parsed.data, line: lineOf([index]), key: String(index) }, faults }
    : { faults };
}

type Wrong = Pick<WaiverFault, "found" | "allowed">;

// What members that have their form say is judged whatever is wrong with the others.
function wrongIn(raw: unknown, { today, faultOfRule }: WaiverTerms): readonly (Wrong & { readonly key: keyof Entry })[] {
  const { rule, resource, owner, approver, expires } = entrySchema.partial().parse(wellFormed(raw));
  const faults: readonly (readonly [keyof Entry, Wrong | undefined])[] = [
    ["rule", rule === undefined ? undefined : faultOfRule({ rule, resource: resource ?? "" })],
    ["approver", owner !== undefined && approver !== undefined && samePerson(owner, approver) ? SAME_PERSON : undefined],
    ["expires", expires === undefined ? undefined : faultOfExpiry(expires, today)],
  ];
  return faults.flatMap(([key, wrong]) => (wrong === undefined ? [] : [{ key, ...wrong }]));
}

function wellFormed(raw: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(entrySchema.shape).flatMap(([key, shape]) => {
      const { success, data } = shape.safeParse(member(raw, key));
      return success ? [[key, data]] : [];
    }),
  );
}

const SAME_PERSON: Wrong = { found: "the owner", allowed: "someone other than the owner" };

function faultOfExpiry(expires: string, today: string): Wrong | undefined {
  const ahead = daysBetween(today, expires);
  const range = `a day from today (${today}, UTC) to ${String(LONGEST_DAYS)} days ahead`;
  if (ahead < 0) return { found: `a waiver that expired on ${expires}`, allowed: range };
  if (ahead > LONGEST_DAYS) return { found: `${expires}, ${String(ahead)} days ahead`, allowed: range };
  return undefined;
}

// The first of those that say the same counts.
function duplicates(waivers: readonly Waiver[]): readonly WaiverFault[] {
  const first = new Map<string, Waiver>();
  return waivers.flatMap((waiver) => {
    const same = JSON.stringify([waiver.rule, waiver.resource, waiver.finding]);
    const known = first.get(same);
    if (known === undefined) first.set(same, waiver);
    if (known === undefined) return [];
    return [{ line: waiver.line, key: waiver.key, found: `the same as entry ${known.key}`, allowed: "each rule and resource once" }];
  });
}
