/** Small changes of one value of the good stack, by its kind, and what a rule says of them. */
import type { Verdict } from "../../policies/engine/judge";
import { UNKNOWN } from "../../policies/readers/value";
import type { AskedRule, ReadPlace } from "./asked";
import { goodUnit, valueAt } from "./fixtures";

/** Another value in place of a good one, and what to call it. */
type Change = readonly [what: string, value: unknown];

/**
 * What a rule says of each change at each place that it reads: of those of which it says the same, together. Nothing of what it lets
 * pass, nor of a value that it misses or does not know, if it says that and no more.
 */
export function saidAtEdges(rule: AskedRule, show: (verdict: Verdict) => string): readonly string[] {
  return [...placesOf(rule).flatMap((place) => saidAtPlace(rule, place, show)), ...saidWithout(rule, show)];
}

/** The same without each unit that it reads. A rule about single ones says nothing of what is not there. */
export function saidWithout(rule: AskedRule, show: (verdict: Verdict) => string): readonly string[] {
  return [...new Set(rule.reads.map(([unit]) => unit))].flatMap((unit) => {
    const lines = show(rule.without(unit));
    return lines === "" ? [] : [`without ${unit}:\n${lines}`];
  });
}

/** The same of one place. */
export function saidAtPlace(rule: AskedRule, place: ReadPlace, show: (verdict: Verdict) => string): readonly string[] {
  const [unit, path] = place;
  const good = valueAt(goodUnit(unit).args, path);
  const changes = [...changesOf(path, good), ...(typeof good === "number" ? aroundBounds(rule, place, show) : [])];
  const said = Map.groupBy(changes, ([, value]) => show(rule.with(place, value)));
  return [...said]
    .filter(([lines]) => lines !== "" && !IS_PLAIN.test(lines))
    .map(([lines, changes]) => `${unit}, ${labelOf(unit, path)} ${[...new Set(changes.map(([what]) => what))].join(", ")}:\n${lines}`);
}

const KIND = "(nothing|text|a map|a list|a number|true or false|an id|JSON)";
// One line.
const IS_PLAIN = new RegExp(`^.*: (not known|found ${KIND}, allowed: ${KIND})$`);

// By its file's name, since a file more changes the number.
function labelOf(unit: string, path: string): string {
  const [file, index] = /^files\.(\d+)/.exec(path) ?? [];
  return file === undefined ? path : path.replace(file, `files (${String(valueAt(goodUnit(unit).args, `files.${index ?? ""}.path`))})`);
}

/** Places of which a rule is asked at the edges: of those that differ only in their numbers the first, and of files each. */
export function placesOf({ reads }: AskedRule): readonly ReadPlace[] {
  const kind = ([unit, path]: ReadPlace): string => (/\.texts?$/.test(path) ? `${unit} ${path}` : `${unit} ${path}`.replace(/\d+/g, "N"));
  return [...Map.groupBy(reads, kind).values()].flatMap((alike) => alike.slice(0, 1));
}

function changesOf(path: string, good: unknown): readonly Change[] {
  // An entry of a list leaves no hole.
  const gone: readonly Change[] = /\.\d+$/.test(path) ? [] : [["gone", undefined]];
  const other = typeof good === "string" || good === null ? 7 : "text";
  return [...gone, ["null", null], ["not known", UNKNOWN], ["of another kind", other], ...othersOf(good)];
}

// The bounds that a rule has for a number are what it says is allowed.
function aroundBounds(rule: AskedRule, place: ReadPlace, show: (verdict: Verdict) => string): readonly Change[] {
  const said = [-1, Number.MAX_SAFE_INTEGER].map((number) => show(rule.with(place, number))).join("\n");
  const allowed = [...said.matchAll(/, allowed: (.*)/g)].map(([, text = ""]) => text).join(" ");
  const bounds = new Set([...allowed.matchAll(/\b\d+\b/g)].map(([number]) => Number(number)));
  const around = new Set([...bounds].flatMap((bound) => [bound - 1, bound, bound + 1]));
  return [...around, Number.MAX_SAFE_INTEGER].map((number) => [String(number), number]);
}

function othersOf(good: unknown): readonly Change[] {
  if (typeof good === "boolean") return [[String(!good), !good]];
  if (typeof good === "number") return [...new Set([0, -1, good - 1, good + 1, good + 0.5])].map((other) => [String(other), other]);
  if (typeof good === "string") return textsOf(good);
  if (Array.isArray(good)) return good.length === 0 ? [] : listsOf(good);
  return [["{}", {}]];
}

function textsOf(good: string): readonly Change[] {
  const lines = good.split("\n");
  if (lines.length > 2) return [["empty", ""], ...linesOf(lines)];
  return [
    ["empty", ""],
    ["with a letter more", `${good}x`],
    ["with a letter before it", `x${good}`],
    ["in capitals", good.toUpperCase()],
  ];
}

const LABEL = 40;

function linesOf(lines: readonly string[]): readonly Change[] {
  return lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [[`without "${line.trim().slice(0, LABEL)}"`, lines.toSpliced(index, 1).join("\n")]],
  );
}

function listsOf(good: readonly unknown[]): readonly Change[] {
  return [
    ["empty", []],
    ["without the first", good.slice(1)],
    ["without the last", good.slice(0, -1)],
    ["with the last twice", [...good, good.at(-1)]],
    ["backwards", good.toReversed()],
  ];
}
