/**
 * Which values of a request are marked as secrets. The SDK unpacks them before a policy sees any: as they came they are kept beside what
 * it made of them. Where nothing is kept, a value counts as one in the clear, so that no rule passes over it.
 */
import { inTheClear, markedTexts } from "../program/unwrap";

const CAME_AS = new WeakMap<object, object>();

/** Keeps how decoded properties came. */
export function cameAs(decoded: object, properties: object): void {
  CAME_AS.set(decoded, properties);
}

/** Decoded properties without those that are marked as secrets; a map or a list is without those in it. */
export function withoutMarked(decoded: object): object {
  const came = CAME_AS.get(decoded);
  return came === undefined ? decoded : inTheClear(decoded, came);
}

const TEXTS = new WeakMap<object, readonly string[]>();

/** The texts in decoded properties that are marked as secrets, each by itself. */
export function markedIn(decoded: object): readonly string[] {
  const known = TEXTS.get(decoded) ?? markedTexts(CAME_AS.get(decoded));
  TEXTS.set(decoded, known);
  return known;
}
