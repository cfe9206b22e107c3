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

/** What of values, as they travel, is no secret: a map or a list is without those in it. */
export function inTheClear(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (isSecret(value) ? [] : [[key, clear(value)]])));
}

function clear(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((member) => !isSecret(member)).map(clear);
  return typeof value === "object" && value !== null ? inTheClear(value) : value;
}

function isSecret(value: unknown): boolean {
  return member(value, SIGNATURE) === SECRET;
}
