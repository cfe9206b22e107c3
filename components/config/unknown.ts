/** Reading values of which nothing is known: a file, a program's answer, or what Pulumi's engine hands over. */

/** The value under a key of a map or list; undefined where there is none, or where `value` is neither. What is inherited is not there. */
export function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

/** The value at a path of keys; undefined where it leads nowhere. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(member, value);
}

/** Every member of a map by its key; none where `value` is no map. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
