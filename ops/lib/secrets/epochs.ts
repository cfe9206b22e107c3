/** Epochs in a stack's file: the lines that have them are changed, and everything else stays as it is, letter by letter. */
import { readFileSync } from "node:fs";
import { type Document, isMap, isScalar, type YAMLMap } from "yaml";
import { NAMESPACE } from "../../../components/config/keys";
import { member } from "../../../components/config/unknown";
import { OperatorError } from "../errors";
import { added, hasRange, markAndText, namedIn, type Places, pairOf, replaced, replaceFile, sectionOf, withEdits } from "../fileEdits";
import { parsePlaces } from "../pulumiYaml";
import type { EpochPlace } from "./known";

/** A change of the file, for a person. */
export interface EpochChange {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly place: EpochPlace;
}

const MOST = 9999;
const MOST_OF_PHI = 99;

/** Raises each epoch of a file by one. Throws OperatorError, having written nothing, where the file has one in a form that is a person's to change. */
export function raiseEpochs(file: string, places: readonly EpochPlace[]): readonly EpochChange[] {
  const { text, changes } = withRaised(file, readFileSync(file, "utf8"), places);
  replaceFile(file, text);
  return changes;
}

/** The text of the file with the epochs raised, and the lines that they are in. Throws OperatorError as `raiseEpochs`. */
export function withRaised(
  file: string,
  whole: string,
  places: readonly EpochPlace[],
): { readonly text: string; readonly changes: readonly EpochChange[] } {
  const [mark, before] = markAndText(whole);
  const { document } = parsePlaces(before);
  const raised = places.map((place) => raisedAt(file, before, document, place));
  const wanted: unknown = document.toJS();
  for (const { place, to } of raised) setIn(wanted, place, to);
  const after = withEdits(
    before,
    raised.map(({ edit }) => edit),
    wanted,
  );
  if (after === undefined) throw byHand(file, "an epoch where other things would change with it, as by an alias");
  return { text: mark + after.text, changes: raised.map(({ place, from, to }) => ({ line: lineOf(after, place), from, to, place })) };
}

function raisedAt(file: string, text: string, document: Document, place: EpochPlace) {
  const map = mapAt(document, place);
  if (map === undefined) throw byHand(file, `no list or map of ${wordsOf(place)} of a plain form`);
  const pair = pairOf(map, "epoch");
  const value = pair?.value;
  if (pair === undefined && member(ownerIn(document.toJS(), place), "epoch") !== undefined)
    throw byHand(file, `an epoch of ${wordsOf(place)} that is merged from elsewhere`);
  const from = pair === undefined ? 1 : isScalar(value) && Number.isInteger(value.value) ? Number(value.value) : undefined;
  if (from === undefined) throw byHand(file, `an epoch of ${wordsOf(place)} that is not written as a number`);
  const most = place.section === "phi" ? MOST_OF_PHI : MOST;
  if (from >= most)
    throw new OperatorError(`${file}: found the epoch ${String(from)} of ${wordsOf(place)}, allowed: ${String(most)} at most`, 3);
  const edit = replaced(map, "epoch", String(from + 1)) ?? added(text, map, "epoch", String(from + 1));
  if (edit === undefined) throw byHand(file, `no place for an epoch of ${wordsOf(place)}`);
  return { edit, place, from, to: from + 1 };
}

function mapAt(document: Document, place: EpochPlace): YAMLMap | undefined {
  const section = sectionOf(document, place.section);
  if (place.section !== "services") return isMap(section) ? section : undefined;
  const service = namedIn(section, place.service);
  return place.secret === undefined ? service : namedIn(service?.get("secrets"), place.secret);
}

function lineOf({ document, lines }: Places, place: EpochPlace): number {
  const map = mapAt(document, place);
  const value = map === undefined ? undefined : pairOf(map, "epoch")?.value;
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
  if (place.section !== "services") return section;
  const service = named(section, place.service);
  return place.secret === undefined ? service : named(member(service, "secrets"), place.secret);
}

function named(list: unknown, name: string): unknown {
  return Array.isArray(list) ? list.find((entry: unknown) => member(entry, "name") === name) : undefined;
}

/** What an epoch is of, in words. */
export function wordsOf(place: EpochPlace): string {
  if (place.section !== "services") return place.section;
  return place.secret === undefined ? `services ${place.service}` : `services ${place.service}, secrets ${place.secret}`;
}

function byHand(file: string, found: string): OperatorError {
  return new OperatorError(`${file}: found ${found}, allowed: plain YAML; nothing was written: raise the epoch by one by hand`, 3);
}
