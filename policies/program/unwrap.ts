/** Values as they travel between a program and its monitor, and what a provider would be handed of them. */
import { member } from "../../components/config/unknown";

const SIGNATURE = "4dabf18193072939515e22adb298388d";

// A secret travels as a map with Pulumi's signature; what it holds is what a provider would be handed.
function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  // Pulumi's own marks of what is unknown, and its assets, have a class of their own.
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  if (SIGNATURE in value && "value" in value) return unwrap(value.value);
  return unwrapAll(value);
}

/** The values of a map, with every secret in it unwrapped. */
export function unwrapAll(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, unwrap(value)]));
}

const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What of values is marked as no secret: a map or a list is without those in it. `marked` is how they travel, where they are unwrapped. */
export function inTheClear(values: object, marked: unknown = values): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const mark = member(marked, key);
      return isSecret(mark) ? [] : [[key, clear(value, mark)]];
    }),
  );
}

function clear(value: unknown, marked: unknown): unknown {
  if (Array.isArray(value))
    return value.flatMap((one: unknown, index) => {
      const mark = member(marked, index);
      return isSecret(mark) ? [] : [clear(one, mark)];
    });
  return typeof value === "object" && value !== null ? inTheClear(value, marked) : value;
}

/** Texts that are marked as secrets, each by itself: of a map that is one secret, a connection say, not every text is to be kept. */
export function markedTexts(value: unknown): readonly string[] {
  const found: string[] = [];
  collectMarked(value, found);
  return found;
}

function collectMarked(value: unknown, found: string[]): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) for (const one of value) collectMarked(one, found);
  else if (!isSecret(value)) for (const key in value) collectMarked(Reflect.get(value, key), found);
  else {
    const text = member(value, "value");
    if (typeof text === "string") found.push(text);
  }
}

function isSecret(value: unknown): boolean {
  return member(value, SIGNATURE) === SECRET;
}
