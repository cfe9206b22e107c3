/** Turns schema violations into sentences for the author of the file: `path: found …, allowed: …`. */
import { z } from "zod";
import { RENAMED } from "./renamed";
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
  // A value with two faults of one kind is reported once: the sentence is the same.
  throw new ConfigError([...new Set(parsed.error.issues.flatMap((issue) => faultsOf(raw, issue)))]);
}

// An old name has its own fault, which says the new one.
function faultsOf(raw: unknown, issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code !== "unrecognized_keys") return [fault(raw, issue)];
  const renamed = issue.keys.flatMap((key) => {
    const old = [...issue.path, key].map(String).join(".");
    return Object.hasOwn(RENAMED, old) ? [{ key, sentence: `${old}: found an old name, allowed: ${RENAMED[old] ?? ""}; rename it` }] : [];
  });
  const keys = issue.keys.filter((key) => renamed.every((entry) => entry.key !== key));
  return [...renamed.map(({ sentence }) => sentence), ...(keys.length === 0 ? [] : [fault(raw, { ...issue, keys })])];
}

function fault(raw: unknown, issue: z.core.$ZodIssue): string {
  const place = issue.code === "invalid_key" ? issue.path.slice(0, -1) : issue.path;
  const path = place.length === 0 ? "configuration" : place.map(shownStep).join(".");
  const sentence = `${path}: found ${found(raw, issue)}, allowed: ${issue.message}`;
  return issue.code === "unrecognized_keys" ? `${sentence}; correct or remove ${issue.keys.length === 1 ? "it" : "them"}` : sentence;
}

function found(raw: unknown, issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return unknownKeys(issue.keys);
  if (issue.code === "invalid_key") return `the key ${shown(String(issue.path.at(-1)))}`;
  return shown(valueAt(raw, issue.path));
}

// An object's keys are the author's, and may be anything.
function shownStep(step: PropertyKey): string {
  return /^\w{1,64}$/.test(String(step)) ? String(step) : shown(String(step));
}

/** What is allowed, where the schema does not say it itself: an object's keys, a literal's value. */
function allowed(issue: z.core.$ZodRawIssue): string {
  if (issue.inst instanceof z.ZodObject) {
    const keys = Object.keys(issue.inst.shape).join(", ");
    return issue.code === "unrecognized_keys" ? keys : `an object with the keys ${keys}`;
  }
  if (issue.inst instanceof z.ZodDiscriminatedUnion) {
    const kinds = String(issue.inst.meta()?.["allowed"]);
    return issue.code === "invalid_union" ? kinds : `an object that begins with \`kind: ${/^\w+/.exec(kinds)?.[0] ?? ""}\``;
  }
  return "another value; see docs/configuration.md";
}

function unknownKeys(keys: readonly string[]): string {
  // Letters only: a token would have digits.
  const some = keys.slice(0, 5).map((key) => (/^[A-Za-z_-]{1,40}$/.test(key) ? JSON.stringify(key) : shown(key)));
  return `the unknown ${keys.length === 1 ? "key" : "keys"} ${some.join(", ")}${keys.length > some.length ? ` and ${String(keys.length - some.length)} more` : ""}`;
}

// Only short, harmless text is repeated: a secret may have been pasted in the wrong place.
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
      if (!Array.isArray(value)) return "an object";
      return value.length === 0 ? "an empty list" : `a list of ${String(value.length)}`;
    default:
      return `a ${typeof value}`;
  }
}

function shownText(text: string): string {
  if (/PRIVATE KEY|SECRET-KEY/i.test(text)) return "a private key (treat it as compromised, and create a new pair)";
  const [, type] = /^((?:ssh|sk|ecdsa)-[a-z0-9@.-]{1,40}) AAAA[A-Za-z0-9+/= ]/.exec(text) ?? [];
  if (type !== undefined && !/[\r\n]/.test(text)) return `a key of type ${type}`;
  // As long and as mixed as a token, a password's hash or a key: a word or an address is not.
  const looksSecret = text.length > 48 || /PRIVATE|SECRET|TOKEN|PASSW/i.test(text) || /[A-Za-z0-9_+=-]{20,}/.test(text);
  if (looksSecret) return `text of ${String(text.length)} characters`;
  // One line, without what a terminal executes or hides.
  return JSON.stringify(text).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`);
}
