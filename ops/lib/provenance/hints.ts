/** What a finding is about, as texts that entries of the configuration are compared with. None of them is ever shown. */
import { member } from "../../../components/config/unknown";
import type { Finding } from "../../../policies/engine/rule";

/** Texts about a finding. */
export interface Hints {
  /** What stands at the finding's path itself; of `NAME=value` the name too. */
  readonly ends: ReadonlySet<string>;
  /** Values of all that is on the path: equal to what the configuration has, where they come from it. */
  readonly exact: ReadonlySet<string>;
  /** Texts that have names in them, in the order in which they are believed. */
  readonly within: readonly string[];
}

/** Collects them from a component's arguments, where those are known, the name of the place, and the finding itself. */
export function hintsOf(args: unknown, where: string, { at, found }: Finding): Hints {
  // `files.8 (/etc/ufw/user6.rules)`, and `Ufw.settings.rules.6` of a rule that compares the units of a host.
  const steps = at.replace(/ \(.*$/, "").split(".");
  const values: unknown[] = [];
  for (const step of /^[A-Z]/.test(steps[0] ?? "") ? steps.slice(1) : steps)
    values.push(member(values.length === 0 ? args : values.at(-1), step));
  const texts = values.flatMap(textsOf);
  return {
    ends: new Set(isText(values.at(-1)) ? textsOf(values.at(-1)) : []),
    exact: new Set(texts),
    within: [...texts, where, at, found],
  };
}

// Longer than any name: the text of a whole file has all names in it.
const LONGEST = 200;

function isText(value: unknown): value is string | number {
  return (typeof value === "string" && value.length <= LONGEST) || typeof value === "number";
}

// Of an object its own values, not those of what is in it.
function textsOf(value: unknown): readonly string[] {
  const values: readonly unknown[] = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.values(value) : [value];
  return values.filter(isText).flatMap((one) => [String(one), ...(/^\w+(?==)/.exec(String(one)) ?? [])]);
}

/** How well an entry's name fits: 0 if not at all, the more the more a text is believed, and the longer the name is. */
export function fit(name: string, { exact, within }: Hints): number {
  if (name === "") return 0;
  if (exact.has(name)) return 1_000_000 + name.length;
  const index = within.findIndex((text) => hasWord(text, name));
  return index === -1 ? 0 : (within.length - index) * 1000 + Math.min(name.length, 999);
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!/\w/.test(text.charAt(at - 1)) && !/\w/.test(text.charAt(at + word.length))) return true;
  }
  return false;
}
