/** Secrets that people bring: keys of other services, passwords, private keys. */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { member } from "../unknown";
import { SHORTEST_PASSWORD } from "./basicAuth";
import { NAME, NAME_RULE } from "./values";

/** A secret that the stack's owner brings, as the configuration has it: nothing of its value. */
export interface BroughtSecret {
  readonly name: string;
  /**
   * Another one for each value: a keyed hash, of which nobody without the key can tell the value, however short that is. It is in
   * plans, names and paths, so that a changed value shows and a new file stands beside the old one.
   */
  readonly version: string;
  /** Of a value that was opened and has fewer than 12 characters: no password of people's; left out of all others. */
  readonly short?: true;
}

/** The entry that is no secret of anybody's, but the key of versions. */
export const VERSION_KEY = "version-key";

/** What stands for a version where nobody opened the values, as when a stack is judged. */
export const UNOPENED = "unopened";

const LONGEST = 65_536;
const SHORTEST_KEY = 32;

/** How one is set. Constant: it goes into messages. */
export const HOW_TO_SET = "set it by pulumi config set --secret --path 'secrets.NAME' < FILE, with its own name and file";

const HOW_TO_SET_KEY = `openssl rand -base64 32 | pulumi config set --secret --path 'secrets.${VERSION_KEY}'`;

const VALUE_RULE = `1 byte to 64 KiB of text without NUL; ${HOW_TO_SET}`;
const KEY_RULE = `${String(SHORTEST_KEY)} to 1000 characters made up at random, which nobody has to know: ${HOW_TO_SET_KEY}`;

/**
 * The key `secrets`. In the stack's file each value is a Pulumi secret, in the program it is the text itself: so only names and
 * versions get into the configuration, and nothing of a value is ever shown.
 */
export const secrets = z
  .unknown()
  .optional()
  .superRefine((values, context) => {
    for (const { path, message } of faults(values)) context.addIssue({ code: "custom", path: [...path], message });
  })
  .transform((values): readonly BroughtSecret[] => {
    if (isRead(values)) return values;
    const entries = Object.entries(mapOf(values) ?? {});
    const key = textOf(entries.find(([name]) => name === VERSION_KEY)?.[1]);
    return entries
      .filter(([name]) => name !== VERSION_KEY)
      .map(([name, value]) => ({ name, version: versionOf(key, name, textOf(value)), ...shortOf(textOf(value)) }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  })
  .meta({ allowed: "an object of names and secrets" })
  .describe(
    `Secrets that you bring, by name: each a Pulumi secret, set by \`pulumi config set --secret --path 'secrets.NAME' < FILE\`, which something of this stack uses by that name. A value reaches the hosts that use it and nothing else; a changed one takes the old one's place at the next deploy. The first one needs \`${VERSION_KEY}\` beside it, a random text by which changes are seen, and nothing of what changed: \`${HOW_TO_SET_KEY}\`. None.`,
  );

function faults(values: unknown): readonly { readonly path: readonly string[]; readonly message: string }[] {
  if (values === undefined || values === null || isRead(values)) return [];
  const map = mapOf(values);
  if (map === undefined) return [{ path: [], message: "an object of names and secrets" }];
  const own = Object.entries(map).filter(([name]) => name !== VERSION_KEY);
  const misnamed = own.some(([name]) => !NAME.test(name)) ? [{ path: [], message: `names of ${NAME_RULE}, each with a secret` }] : [];
  const wrong = own.filter(([name, value]) => NAME.test(name) && !isValue(value, 1, LONGEST));
  const key = map[VERSION_KEY];
  return [
    ...misnamed,
    // At the value itself a number would be repeated: it may be a secret.
    ...wrong.map(([name]) => ({ path: [], message: `${name} as ${VALUE_RULE}` })),
    ...(own.length === 0 && key === undefined
      ? []
      : isValue(key, SHORTEST_KEY, 1000)
        ? []
        : [{ path: [], message: `${VERSION_KEY} as ${KEY_RULE}` }]),
  ];
}

// A configuration that was read can be read again.
function isRead(values: unknown): values is readonly BroughtSecret[] {
  return Array.isArray(values) && values.every((entry) => ["name", "version"].every((key) => typeof member(entry, key) === "string"));
}

// A secret that was not opened stands as Pulumi writes it.
function isValue(value: unknown, shortest: number, longest: number): boolean {
  if (typeof value !== "string") return typeof mapOf(value)?.["secure"] === "string";
  const bytes = Buffer.byteLength(value);
  return bytes >= shortest && bytes <= longest && !value.includes("\0");
}

function versionOf(key: string | undefined, name: string, value: string | undefined): string {
  if (key === undefined || value === undefined) return UNOPENED;
  return createHmac("sha256", key).update(`${name}\0${value}`).digest("hex").slice(0, 16);
}

// A line's end is none of a password's.
function shortOf(value: string | undefined): Pick<BroughtSecret, "short"> {
  return value !== undefined && value.trimEnd().length < SHORTEST_PASSWORD ? { short: true } : {};
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
