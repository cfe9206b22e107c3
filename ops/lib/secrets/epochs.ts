/** Epochs in a stack's file: the lines that have them are changed, and everything else stays as it is, letter by letter. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, isSeq, type LineCounter, type Pair, Scalar, type YAMLMap } from "yaml";
import { NAMESPACE } from "../../../components/config/keys";
import { member } from "../../../components/config/unknown";
import { OperatorError } from "../errors";
import { parsePlaces } from "../pulumiYaml";
import type { EpochPlace } from "./known";

/** A change of the file, for a person. */
export interface EpochChange {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly place: EpochPlace;
}

interface Edit {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

const MOST = 9999;

/** Raises each epoch of a file by one. Throws OperatorError, having written nothing, where the file has one in a form that is a person's to change. */
export function raiseEpochs(file: string, places: readonly EpochPlace[]): readonly EpochChange[] {
  const before = readFileSync(file, "utf8");
  const { text, changes } = withRaised(file, before, places);
  const fresh = `${file}.${String(process.pid)}.new`;
  try {
    writeFileSync(fresh, text, { mode: statSync(file).mode & 0o777 });
    renameSync(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
  return changes;
}

/** The text of the file with the epochs raised, and the lines that they are in. Throws OperatorError as `raiseEpochs`. */
export function withRaised(
  file: string,
  whole: string,
  places: readonly EpochPlace[],
): { readonly text: string; readonly changes: readonly EpochChange[] } {
  const mark = whole.startsWith("\uFEFF") ? "\uFEFF" : "";
  const before = whole.slice(mark.length);
  const { document } = parsePlaces(before);
  const raised = places.map((place) => raisedAt(file, before, document, place));
  const text = raised.toSorted((one, other) => other.edit.at - one.edit.at).reduce(edited, before);
  const after = parsePlaces(text);
  const wanted: unknown = document.toJS();
  for (const { place, to } of raised) setIn(wanted, place, to);
  if (after.document.errors.length > 0 || !isDeepStrictEqual(after.document.toJS(), wanted))
    throw byHand(file, "an epoch where other things would change with it, as by an alias");
  return { text: mark + text, changes: raised.map(({ place, from, to }) => ({ line: lineOf(after, place), from, to, place })) };
}

function edited(text: string, { edit: { at, end, text: put } }: { readonly edit: Edit }): string {
  return text.slice(0, at) + put + text.slice(end);
}

function raisedAt(file: string, text: string, document: Document, place: EpochPlace) {
  const map = mapAt(document, place);
  if (map === undefined) throw byHand(file, `no list or map of ${wordsOf(place)} of a plain form`);
  const pair = map.items.find((each) => keyOf(each) === "epoch");
  const value = pair?.value;
  if (pair === undefined && member(ownerIn(document.toJS(), place), "epoch") !== undefined)
    throw byHand(file, `an epoch of ${wordsOf(place)} that is merged from elsewhere`);
  const from = pair === undefined ? 1 : isScalar(value) && Number.isInteger(value.value) ? Number(value.value) : undefined;
  if (from === undefined) throw byHand(file, `an epoch of ${wordsOf(place)} that is not written as a number`);
  if (from >= MOST)
    throw new OperatorError(`${file}: found the epoch ${String(from)} of ${wordsOf(place)}, allowed: ${String(MOST)} at most`, 3);
  const edit =
    isScalar(value) && value.range ? { at: value.range[0], end: value.range[1], text: String(from + 1) } : added(text, map, from + 1);
  if (edit === undefined) throw byHand(file, `no place for an epoch of ${wordsOf(place)}`);
  return { edit, place, from, to: from + 1 };
}

/** A new key: in a list of keys on lines of their own, below the first value that is on one line. */
function added(text: string, map: YAMLMap, epoch: number): Edit | undefined {
  const last = map.items.at(-1)?.value;
  if (map.flow === true) {
    if (!hasRange(last)) return undefined;
    return { at: last.range[1], end: last.range[1], text: `, epoch: ${String(epoch)}` };
  }
  const pair = map.items.find(({ key, value }) => hasRange(key) && isScalar(value) && hasRange(value) && FLOW.has(value.type ?? ""));
  if (pair === undefined || !hasRange(pair.key) || !hasRange(pair.value)) return undefined;
  const column = pair.key.range[0] - (text.lastIndexOf("\n", pair.key.range[0] - 1) + 1);
  const found = text.indexOf("\n", pair.value.range[1]);
  const end = found < 0 ? text.length : found;
  const isReturn = text[end - 1] === "\r";
  const at = isReturn ? end - 1 : end;
  return { at, end: at, text: `${isReturn ? "\r" : ""}\n${" ".repeat(column)}epoch: ${String(epoch)}` };
}

const FLOW = new Set<string>([Scalar.PLAIN, Scalar.QUOTE_DOUBLE, Scalar.QUOTE_SINGLE]);

function hasRange(node: unknown): node is { readonly range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : undefined;
}

// Pulumi takes keys without the namespace as well.
function mapAt(document: Document, place: EpochPlace): YAMLMap | undefined {
  const section = [`${NAMESPACE}:${place.section}`, place.section]
    .map((key) => document.getIn(["config", key]))
    .find((found) => found !== undefined);
  if (place.section === "recovery") return isMap(section) ? section : undefined;
  const service = namedIn(section, place.service);
  return place.secret === undefined ? service : namedIn(service?.get("secrets"), place.secret);
}

function namedIn(list: unknown, name: string): YAMLMap | undefined {
  return isSeq(list) ? list.items.find((item): item is YAMLMap => isMap(item) && item.get("name") === name) : undefined;
}

function lineOf({ document, lines }: { readonly document: Document; readonly lines: LineCounter }, place: EpochPlace): number {
  const value = mapAt(document, place)?.items.find((pair) => keyOf(pair) === "epoch")?.value;
  return hasRange(value) ? lines.linePos(value.range[0]).line : 0;
}

function setIn(values: unknown, place: EpochPlace, epoch: number): void {
  const owner = ownerIn(values, place);
  if (typeof owner === "object" && owner !== null) Reflect.set(owner, "epoch", epoch);
}

// The same as `mapAt`, of the values.
function ownerIn(values: unknown, place: EpochPlace): unknown {
  const config = member(values, "config");
  const section = member(config, `${NAMESPACE}:${place.section}`) ?? member(config, place.section);
  if (place.section === "recovery") return section;
  const service = named(section, place.service);
  return place.secret === undefined ? service : named(member(service, "secrets"), place.secret);
}

function named(list: unknown, name: string): unknown {
  return Array.isArray(list) ? list.find((entry: unknown) => member(entry, "name") === name) : undefined;
}

/** What an epoch is of, in words. */
export function wordsOf(place: EpochPlace): string {
  if (place.section === "recovery") return "recovery";
  return place.secret === undefined ? `services ${place.service}` : `services ${place.service}, secrets ${place.secret}`;
}

function byHand(file: string, found: string): OperatorError {
  return new OperatorError(`${file}: found ${found}, allowed: plain YAML; nothing was written: raise the epoch by one by hand`, 3);
}
