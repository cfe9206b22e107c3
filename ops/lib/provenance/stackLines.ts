/** On which line a stack's file, or its project's, sets a key of the configuration. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Pair, type YAMLMap } from "yaml";
import { NAMESPACE } from "../../../components/config/keys";
import { PROJECT_FILE, withNamespace } from "../project";
import { parsePlaces } from "../pulumiYaml";

/** A key's steps: names of a map, and indices of a list. */
export type KeyPath = readonly (string | number)[];

/** A line of a file; `whole` if it sets the very key, and not only a section around it. */
export interface SetOn {
  readonly file: string;
  readonly line: number;
  readonly whole: boolean;
}

/** Where keys are set; nothing where neither file has the section, so that a default holds. */
export type StackLines = (key: KeyPath) => SetOn | undefined;

/** Reads the places of both files. They have been read before, so they have no faults. */
export function stackLines(path: string): StackLines {
  const beside = join(dirname(path), PROJECT_FILE);
  const project = existsSync(beside) ? beside : PROJECT_FILE;
  const sources = [sectionsOf(path, []), ...(existsSync(project) ? [sectionsOf(project, ["default", "value"])] : [])];
  return ([section, ...steps]) => {
    for (const { file, document, lines, sections } of sources) {
      const start = sections.get(String(section));
      if (start === undefined) continue;
      const { offset, left } = deepest(document, start, steps);
      return { file, line: lines.linePos(offset).line, whole: left === 0 };
    }
    return undefined;
  };
}

interface Sections {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly sections: ReadonlyMap<string, Found>;
}

/** A value, and where its key begins. */
interface Found {
  readonly value: unknown;
  readonly offset: number;
}

// In the project's file a value may stand below one of the keys `inner`.
function sectionsOf(file: string, inner: readonly string[]): Sections {
  const { document, lines } = parsePlaces(readFileSync(file, "utf8"));
  const config = inMap(document, document.contents, "config")?.value;
  const pairs = isMap(config) ? config.items : [];
  const sections = pairs.flatMap((pair): [string, Found][] => {
    const key = withNamespace(keyOf(pair));
    const found = foundIn(pair);
    if (!key.startsWith(`${NAMESPACE}:`) || found === undefined) return [];
    const declared = inner.map((name) => inMap(document, found.value, name)).find((one) => one !== undefined);
    return [[key.slice(NAMESPACE.length + 1), declared ?? found]];
  });
  return { file, document, lines, sections: new Map(sections) };
}

// A list or a map may be written as JSON in one text: its line is that of all that is in it.
function deepest(document: Document, start: Found, steps: KeyPath): { readonly offset: number; readonly left: number } {
  let found = start;
  for (const [index, step] of steps.entries()) {
    const next = inside(document, found.value, step);
    if (next === undefined) return { offset: found.offset, left: isScalar(resolved(document, found.value)) ? 0 : steps.length - index };
    found = next;
  }
  return { offset: found.offset, left: 0 };
}

function inside(document: Document, value: unknown, step: string | number): Found | undefined {
  const node = resolved(document, value);
  if (!isSeq(node)) return inMap(document, node, String(step));
  const item = node.items[Number(step)];
  const target = resolved(document, item);
  return isNode(target) && target.range ? { value: target, offset: target.range[0] } : undefined;
}

// What a map merges in (`<<`) is set where it is written.
function inMap(document: Document, value: unknown, key: string): Found | undefined {
  const node = resolved(document, value);
  if (!isMap(node)) return undefined;
  const own = node.items.find((pair) => keyOf(pair) === key);
  if (own !== undefined) return foundIn(own);
  return mergedInto(document, node)
    .map((merged) => inMap(document, merged, key))
    .find((found) => found !== undefined);
}

function mergedInto(document: Document, node: YAMLMap): readonly unknown[] {
  return node.items.flatMap((pair) => {
    if (keyOf(pair) !== "<<") return [];
    const merged = resolved(document, pair.value);
    return isSeq(merged) ? merged.items : [merged];
  });
}

function resolved(document: Document, value: unknown): unknown {
  return isAlias(value) ? value.resolve(document) : value;
}

// As it is written: the value of `<<` is a symbol.
function keyOf({ key }: Pair): string {
  return isScalar(key) ? (key.source ?? "") : "";
}

function foundIn({ key, value }: Pair): Found | undefined {
  return isNode(key) && key.range ? { value, offset: key.range[0] } : undefined;
}
