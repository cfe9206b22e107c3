/** Changes of single places in a stack's file: all else stays as it is, letter by letter, with its comments and its form. */
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, isSeq, type LineCounter, type Pair, Scalar, type YAMLMap } from "yaml";
import { NAMESPACE } from "../../components/config/keys";
import { parsePlaces } from "./pulumiYaml";

/** A text that is put in the place of what is from `at` to `end`. */
export interface Edit {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

/** A file as it was parsed, with the places of all that is in it. */
export interface Places {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** The text with its edits made, and parsed; undefined where anything but what is `wanted` would change by them. */
export function withEdits(text: string, edits: readonly Edit[], wanted: unknown): ({ readonly text: string } & Places) | undefined {
  const edited = edits
    .toSorted((one, other) => other.at - one.at)
    .reduce((whole, { at, end, text: put }) => whole.slice(0, at) + put + whole.slice(end), text);
  const after = parsePlaces(edited);
  if (after.document.errors.length > 0 || !isDeepStrictEqual(after.document.toJS(), wanted)) return undefined;
  return { text: edited, ...after };
}

/** The text of a file, and the mark before it that is no part of it. */
export function markAndText(whole: string): readonly [mark: string, text: string] {
  const mark = whole.startsWith("\uFEFF") ? "\uFEFF" : "";
  return [mark, whole.slice(mark.length)];
}

/** Replaces a file as a whole, with the mode that it has. */
export function replaceFile(file: string, text: string): void {
  const fresh = `${file}.${String(process.pid)}.new`;
  try {
    writeFileSync(fresh, text, { mode: statSync(file).mode & 0o777 });
    renameSync(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** A section of the file: Pulumi takes keys without the namespace as well. */
export function sectionOf(document: Document, section: string): unknown {
  return [`${NAMESPACE}:${section}`, section].map((key) => document.getIn(["config", key])).find((found) => found !== undefined);
}

/** The map of that name in a list of named ones. */
export function namedIn(list: unknown, name: string): YAMLMap | undefined {
  return isSeq(list) ? list.items.find((item): item is YAMLMap => isMap(item) && item.get("name") === name) : undefined;
}

/** The pair of a key. */
export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((each) => isScalar(each.key) && each.key.value === key);
}

/** The edit that gives a key that is there another value; undefined where its value is no plain one. */
export function replaced(map: YAMLMap, key: string, value: string): Edit | undefined {
  const found = pairOf(map, key)?.value;
  return isScalar(found) && found.range ? { at: found.range[0], end: found.range[1], text: value } : undefined;
}

/** The edit that adds a key: in a list of keys on lines of their own, below the first value that is on one line. */
export function added(text: string, map: YAMLMap, key: string, value: string): Edit | undefined {
  const last = map.items.at(-1)?.value;
  if (map.flow === true) return hasRange(last) ? { at: last.range[1], end: last.range[1], text: `, ${key}: ${value}` } : undefined;
  const pair = map.items.find(({ key: name, value: at }) => hasRange(name) && isScalar(at) && hasRange(at) && FLOW.has(at.type ?? ""));
  if (pair === undefined || !hasRange(pair.key) || !hasRange(pair.value)) return undefined;
  const column = pair.key.range[0] - (text.lastIndexOf("\n", pair.key.range[0] - 1) + 1);
  const found = text.indexOf("\n", pair.value.range[1]);
  const end = found < 0 ? text.length : found;
  const isReturn = text[end - 1] === "\r";
  const at = isReturn ? end - 1 : end;
  return { at, end: at, text: `${isReturn ? "\r" : ""}\n${" ".repeat(column)}${key}: ${value}` };
}

/** The edit that takes a key out with its line, or out of a list in one line. */
export function removed(text: string, map: YAMLMap, key: string): Edit | undefined {
  const pair = pairOf(map, key);
  if (pair === undefined || !hasRange(pair.key) || !hasRange(pair.value)) return undefined;
  const [start] = pair.key.range;
  const [, end] = pair.value.range;
  if (map.flow === true) return { at: text.slice(0, start).replace(/,\s*$/, "").length, end, text: "" };
  const line = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", end);
  // Of the first key of an entry, the hyphen is on its line.
  return text.slice(line, start).trim() === "" ? { at: line, end: next < 0 ? text.length : next + 1, text: "" } : undefined;
}

const FLOW = new Set<string>([Scalar.PLAIN, Scalar.QUOTE_DOUBLE, Scalar.QUOTE_SINGLE]);

/** Whether a node has a place in the text. */
export function hasRange(node: unknown): node is { readonly range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}
