/** Values as they travel between a program and its monitor, and what a provider would be handed of them. */

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
