/** What a rule reads of a unit, found by watching it. */

/** The value, with each path that is read of it told. A name with a dot in it, which no path could say, is read with what holds it. */
export function watched(value: unknown, told: (path: string) => void, at = ""): unknown {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const inner: unknown = Reflect.get(target, key);
      if (typeof key === "symbol" || !Object.hasOwn(target, key) || key === "length" || key.includes(".")) return inner;
      const path = at === "" ? key : `${at}.${key}`;
      told(path);
      return watched(inner, told, path);
    },
  });
}
