/** Turns schema violations into sentences for the person who wrote the file: `path: found …, allowed: …`. */
import { z } from "zod";
import { type StackConfig, stackSchema } from "./schema";
import { valueAt } from "./unknown";

/** A configuration that is not allowed; `faults` has all of them, one sentence each. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "ConfigError";
  }
}

/** Reads a stack's configuration, with every default filled in. Throws ConfigError with all faults at once. */
export function parseConfig(raw: unknown): StackConfig {
  const parsed = stackSchema.safeParse(raw, { error: allowed });
  if (parsed.success) return parsed.data;
  // A value with two faults of one kind is told once: the sentence is the same.
  throw new ConfigError([...new Set(parsed.error.issues.map((issue) => fault(raw, issue)))]);
}

function fault(raw: unknown, issue: z.core.$ZodIssue): string {
  const place = issue.code === "invalid_key" ? issue.path.slice(0, -1) : issue.path;
  const path = place.length === 0 ? "configuration" : place.map(shownStep).join(".");
  return `${path}: found ${found(raw, issue)}, allowed: ${issue.message}`;
}

function found(raw: unknown, issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return unknownKeys(issue.keys);
  if (issue.code === "invalid_key") return `the key ${shown(String(issue.path.at(-1)))}`;
  return shown(valueAt(raw, issue.path));
}

// A map's own keys are the writer's words, and may be anything.
function shownStep(step: PropertyKey): string {
  return /^\w{1,64}$/.test(String(step)) ? String(step) : shown(String(step));
}

/** What is allowed, where the schema does not say it itself: a map's keys, a literal's value. */
function allowed(issue: z.core.$ZodRawIssue): string {
  if (issue.inst instanceof z.ZodObject) {
    const keys = Object.keys(issue.inst.shape).join(", ");
    return issue.code === "unrecognized_keys"
      ? `${keys}; correct ${issue.keys.length === 1 ? "it or take it" : "them or take them"} out`
      : `a map with the keys ${keys}`;
  }
  if (issue.inst instanceof z.ZodDiscriminatedUnion) {
    const kinds = String(issue.inst.meta()?.["allowed"]);
    return issue.code === "invalid_union" ? kinds : `a map of keys that begins with \`kind: ${/^\w+/.exec(kinds)?.[0] ?? ""}\``;
  }
  return "another value; see docs/configuration.md";
}

function unknownKeys(keys: readonly string[]): string {
  // A key is a word: no digit, so no token.
  const some = keys.slice(0, 5).map((key) => (/^[A-Za-z_-]{1,40}$/.test(key) ? JSON.stringify(key) : shown(key)));
  return `the unknown ${keys.length === 1 ? "key" : "keys"} ${some.join(", ")}${keys.length > some.length ? ` and ${String(keys.length - some.length)} more` : ""}`;
}

// Only short, harmless text is repeated: somebody may have pasted a secret in the wrong place.
function shown(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "nothing";
    case "number":
    case "boolean":
      return String(value);
    case "string":
      return shownText(value);
    case "object":
      if (value === null) return "null";
      if (!Array.isArray(value)) return "a map of keys";
      return value.length === 0 ? "an empty list" : `a list of ${String(value.length)}`;
    default:
      return `a ${typeof value}`;
  }
}

function shownText(text: string): string {
  if (/PRIVATE KEY|SECRET-KEY/i.test(text)) return "a private key (treat it as lost, and make a new pair)";
  const [, type] = /^((?:ssh|sk|ecdsa)-[a-z0-9@.-]{1,40}) AAAA[A-Za-z0-9+/= ]/.exec(text) ?? [];
  if (type !== undefined && !/[\r\n]/.test(text)) return `a key of type ${type}`;
  // As long and as mixed as a token, a password's hash or a key: a word or an address is not.
  const looksSecret = text.length > 48 || /PRIVATE|SECRET|TOKEN|PASSW/i.test(text) || /[A-Za-z0-9_+=-]{20,}/.test(text);
  if (looksSecret) return `text of ${String(text.length)} characters`;
  // One line, and nothing that a terminal obeys or hides.
  return JSON.stringify(text).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`);
}
