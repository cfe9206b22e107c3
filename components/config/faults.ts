/** Turns schema violations into sentences for the author of the file: `path: found …, allowed: …`. */
import { z } from "zod";
import { familyOf } from "./network";
import { RENAMED } from "./renamed";
import { type StackConfig, stackSchema } from "./schema";
import { KEY_TYPES } from "./sshKey";
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

/** What stands where a schema has an issue, as a message may show it. */
export function found(raw: unknown, issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return unknownKeys(issue.keys);
  if (issue.code === "invalid_key") return `the key ${shown(String(issue.path.at(-1)))}`;
  return shown(valueAt(raw, issue.path));
}

// An object's keys may be the author's, and anything: a token would have digits.
function shownStep(step: PropertyKey): string {
  return typeof step === "number" || /^([A-Za-z_]{1,64}|P[1-4])$/.test(String(step)) ? String(step) : shown(String(step));
}

/** What is allowed, where the schema does not say it itself: an object's keys, a literal's value. */
export function allowed(issue: z.core.$ZodRawIssue): string {
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
  // Short and letters only: whoever mistyped a key finds it by that, and a token would have digits.
  const some = keys.slice(0, 5).map((key) => (/^[A-Za-z_-]{1,20}$/.test(key) ? JSON.stringify(key) : shown(key)));
  return `the unknown ${keys.length === 1 ? "key" : "keys"} ${some.join(", ")}${keys.length > some.length ? ` and ${String(keys.length - some.length)} more` : ""}`;
}

// A text of the file is not repeated: whatever it looks like, it may be a secret that was pasted in the wrong place. The path says
// where it is, and whoever may read the file looks there. What no secret looks like is repeated: addresses, days, times, ports.
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

const DAY_OR_TIME = /^(\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?|\d{2}\.\d{2}\.\d{4}|\d{1,2}:\d{2})$/;
const PORT = /^\d{1,5}$/;

function isHarmless(text: string): boolean {
  const isAddress = familyOf(text) !== undefined && /^[^/%]+(\/\d{1,3})?$/.test(text);
  return text === "" || isAddress || DAY_OR_TIME.test(text) || PORT.test(text);
}

// What is easily overlooked in a text, or not seen at all.
const NOTEWORTHY: readonly (readonly [string, RegExp])[] = [
  ["capital letters", /[A-Z]/],
  ["spaces", / /],
  ["line ends", /[\r\n]/],
  ["control characters", /(?![\r\n])\p{Cc}/u],
  ["characters that are not ASCII", /[^\p{ASCII}]/u],
];

// In a longer text nobody wonders about them.
const NAMED_UP_TO = 48;

function shownText(text: string): string {
  if (isHarmless(text)) return JSON.stringify(text);
  if (/PRIVATE KEY|SECRET-KEY/i.test(text)) return "a private key (treat it as compromised, and create a new pair)";
  const type = KEY_TYPES.find((name) => text.startsWith(`${name} AAAA`));
  if (type !== undefined && !/[\r\n]/.test(text)) return `a key of type ${type}`;
  const among = text.length > NAMED_UP_TO ? [] : NOTEWORTHY.flatMap(([what, pattern]) => (pattern.test(text) ? [what] : []));
  return `text of ${counted(text.length)}${among.length === 0 ? "" : `, among them ${among.join(", ")}`}`;
}

function counted(characters: number): string {
  return `${String(characters)} ${characters === 1 ? "character" : "characters"}`;
}
