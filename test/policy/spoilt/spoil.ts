/** Ways to spoil one value of a good stack. */
import type { UnitName } from "../fixtures";

/** From a good value to another one; `undefined` takes it away. */
export type Spoil = (good: unknown) => unknown;

/** A good stack with one value spoilt, which a rule must let pass all the same. */
export interface Allowed {
  readonly rule: string;
  /** What is other than in the good stack, for the test's name. */
  readonly what: string;
  readonly unit: UnitName;
  readonly path: string;
  readonly spoil: Spoil;
}

/** A good stack with one value spoilt, which a rule must refuse. */
export interface Refused extends Allowed {
  /** What the message must say. */
  readonly says: string;
}

/** Rows of what a rule must refuse on a unit: what it is, path, how it is spoilt, and what the message must say. */
export function refused(rule: string, unit: UnitName, rows: readonly (readonly [string, string, Spoil, string])[]): readonly Refused[] {
  return rows.map(([what, path, spoil, says]) => ({ rule, what, unit, path, spoil, says }));
}

/** Rows of what a rule must let pass on a unit. */
export function allowed(rule: string, unit: UnitName, rows: readonly (readonly [string, string, Spoil])[]): readonly Allowed[] {
  return rows.map(([what, path, spoil]) => ({ rule, what, unit, path, spoil }));
}

/** Puts `value` there. */
export function becomes(value: unknown): Spoil {
  return () => value;
}

/** Replaces `from` everywhere in a text, or in each text of a list. Throws if it is not there, since nothing would be spoilt. */
export function replaced(from: string, to: string): Spoil {
  const inText: Spoil = (good) => {
    const text = String(good);
    if (!text.includes(from)) throw new Error(`nothing to spoil: ${from}`);
    return text.replaceAll(from, to);
  };
  return (good) => (Array.isArray(good) ? good.map(inText) : inText(good));
}

/** Replaces `from` in the last of a file's texts alone: the one for the oldest hosts. */
export function onlyInOldest(from: string, to: string): Spoil {
  return listed((texts) => [...texts.slice(0, -1), replaced(from, to)(texts.at(-1))]);
}

/** Puts lines at the end of a text. */
export function added(lines: string): Spoil {
  return (good) => `${String(good)}${lines}\n`;
}

/** Puts lines at the beginning of a text. */
export function begun(lines: string): Spoil {
  return (good) => `${lines}${String(good)}`;
}

/** Changes a list. */
export function listed(change: (good: readonly unknown[]) => readonly unknown[]): Spoil {
  return (good) => {
    if (!Array.isArray(good)) throw new Error("no list to spoil");
    return change(good);
  };
}

/** Takes a file out of a plan's files. */
export function withoutFile(path: string): Spoil {
  return listed((files) => files.filter((file) => typeof file !== "object" || file === null || !("path" in file) || file.path !== path));
}
