/** Finds values in a configuration that may be invalid, for the rules across its keys. */

import { member } from "./unknown";

/** A value, and where it stands. */
export interface Found {
  readonly path: (string | number)[];
  readonly value: unknown;
}

/** A fault across keys: where it is, and what is allowed there. */
export interface Disallowed {
  readonly path: (string | number)[];
  readonly message: string;
}

/** What is found at `path`; a `*` stands for every entry of a list, and what is missing is left out. */
export function each(value: unknown, path: readonly string[]): readonly Found[] {
  return inside([{ path: [], value }], path);
}

/** What is found at `path` within what was found before. */
export function inside(outer: readonly Found[], path: readonly string[]): readonly Found[] {
  return path.reduce((found, step) => found.flatMap((at) => (step === "*" ? entries(at) : membersOf(at, step))), outer);
}

function entries({ path, value }: Found): readonly Found[] {
  return Array.isArray(value) ? Array.from(value, (entry: unknown, index) => ({ path: [...path, index], value: entry })) : [];
}

function membersOf({ path, value }: Found, key: string): readonly Found[] {
  const inner = member(value, key);
  return inner === undefined ? [] : [{ path: [...path, key], value: inner }];
}

/** The value if it is a string. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The value as text if it is a number. */
export function asNumber(value: unknown): string | undefined {
  return typeof value === "number" ? String(value) : undefined;
}

/** A fault for each value that occurred before, compared by `keyOf`. */
export function repeated(found: readonly Found[], allowed: string, keyOf: (value: unknown) => string | undefined): readonly Disallowed[] {
  const seen = new Map<string, string>();
  return found.flatMap(({ path, value }) => {
    const key = keyOf(value);
    if (key === undefined) return [];
    const first = seen.get(key);
    if (first !== undefined) return [{ path, message: `${allowed}; already used by ${first}` }];
    seen.set(key, path.join("."));
    return [];
  });
}
