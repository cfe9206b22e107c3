/** Words and numbers as Compose files write them: command lines, durations, sizes, variables. */

/** The words of a command line, as Compose splits one: by spaces, with quotation marks and backslashes as in a shell. Undefined where a quotation mark has no end. */
export function shellWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let [word, isOpen] = ["", false];
  const parts = line.matchAll(/'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|(\s+)|(['"])|([^\s'"\\]+)/g);
  for (const [, single, double, escaped, space, unended, plain] of parts) {
    if (unended !== undefined) return undefined;
    if (space !== undefined) {
      if (isOpen) words.push(word);
      [word, isOpen] = ["", false];
      continue;
    }
    word += single ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? escaped ?? plain ?? "";
    isOpen = true;
  }
  return isOpen ? [...words, word] : words;
}

/** Seconds of a duration such as `1m30s`, at least one; undefined if it is none. */
export function seconds(duration: unknown): number | undefined {
  if (typeof duration === "number") return Math.max(1, Math.round(duration));
  if (typeof duration !== "string" || !/^(\d+(\.\d+)?(h|m|s|ms|us|ns))+$/.test(duration)) return undefined;
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|ns|s)/g)];
  return Math.max(1, Math.round(parts.reduce((sum, [, count = "0", unit = "s"]) => sum + Number(count) * (units[unit] ?? 1), 0)));
}

/** Megabytes of a size such as `512m` or `1gb`; undefined if it is none. */
export function megabytes(size: unknown): number | undefined {
  const [, count, unit = "b"] = /^(\d+(?:\.\d+)?) ?([bkmg])?(?:i?b)?$/i.exec(String(size)) ?? [];
  if (count === undefined) return undefined;
  const bytes = Number(count) * 1024 ** "bkmg".indexOf(unit.toLowerCase());
  return Math.ceil(bytes / 1024 ** 2);
}

/** What stands for variables: their values, and the names of those that have none. */
export interface Variables {
  readonly values: Readonly<Record<string, string>>;
  readonly missing: Set<string>;
}

/** A text with its variables replaced (Compose specification, "Interpolation"). One without a value is empty, and its name is noted. */
export function interpolated(text: string, variables: Variables): string {
  return text.replaceAll(REFERENCE, (whole: string, plain?: string, braced?: string) => {
    if (whole === "$$") return "$";
    if (plain !== undefined) return valueOf(plain, variables);
    const [, name = "", operator, rest = ""] = /^([A-Za-z_]\w*)(?:(:?[-?+])([^]*))?$/.exec(braced ?? "") ?? [];
    const value = variables.values[name];
    const isSet = value !== undefined && !(operator?.startsWith(":") === true && value === "");
    switch (operator?.at(-1)) {
      case "-":
        return isSet ? value : interpolated(rest, variables);
      case "+":
        return isSet ? interpolated(rest, variables) : "";
      default:
        return valueOf(name, variables);
    }
  });
}

// Of nested ones the outer one comes first, three deep.
const INNER = String.raw`[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*`;
const REFERENCE = new RegExp(String.raw`\$\$|\$([A-Za-z_]\w*)|\$\{(${INNER})\}`, "g");

function valueOf(name: string, { values, missing }: Variables): string {
  const value = values[name];
  if (value === undefined) missing.add(name);
  return value ?? "";
}

/** The variables of a file of lines NAME=value, as Compose reads `.env`. */
export function variablesIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) continue;
    const [, quoted] = /^"((?:[^"\\]|\\.)*)"|^'([^']*)'/.exec(value)?.slice(0, 3) ?? [];
    found[name] = quoted ?? /^'([^']*)'/.exec(value)?.[1] ?? value.replace(/\s+#.*$/, "");
  }
  return found;
}

/** A scalar as Compose reads it; what is none is empty. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
