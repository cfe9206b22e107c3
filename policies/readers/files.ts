/** The files that a component would write, as a rule looks at them: what is rendered counts as much as the settings. */
import { posix } from "node:path";
import { literal } from "../../components/plan/patterns";
import type { Finding } from "../engine/rule";
import { shown, type Value } from "./value";

/** One file of the component's arguments. */
export interface ShownFile {
  readonly path: string;
  /** Where it is in the arguments, and its path. */
  readonly at: string;
  /** Every text it may get: more than one where the host's version of a program decides. */
  readonly texts: readonly string[];
  /** The one text that it gets, for a rule that reads it as JSON. */
  readonly text: Value;
}

/** The files that a rule asked for. */
export interface ShownFiles {
  readonly files: readonly ShownFile[];
  /** False if a file may be missing here because its path or text is unknown or malformed: then nothing may be called absent. */
  readonly complete: boolean;
}

/** The files whose path is `wanted`. */
export function filesWhere(unit: Value, wanted: (path: string) => boolean): ShownFiles {
  const members = unit.at("files").items();
  if (members === undefined) return { files: [], complete: false };
  const files: ShownFile[] = [];
  let complete = true;
  for (const member of members) {
    const given = member.at("path").text();
    const path = given === undefined ? undefined : posix.normalize(given);
    if (path !== undefined && !wanted(path)) continue;
    if (path !== undefined && member.has("hostFile")) {
      // UFW's own rules, copied on the host from where its package ships them: not ours to judge.
      const source = member.at("hostFile").text();
      if (source === undefined) complete = false;
      if (source === undefined || source === `/usr/share/ufw/iptables/${posix.basename(path)}`) continue;
    }
    const texts = path === undefined ? undefined : textsOf(member);
    if (path === undefined || texts === undefined) complete = false;
    // What is no path of a file may be anything, and is not repeated.
    else files.push({ path, at: path.startsWith("/") ? `${member.path} (${path})` : member.path, texts, text: member.at("text") });
  }
  return { files, complete };
}

/** The files at exactly these paths; a missing one is reported. */
export function filesAt(unit: Value, paths: readonly string[], report: (finding: Finding) => void): readonly ShownFile[] {
  const { files, complete } = filesWhere(unit, (path) => paths.includes(path));
  for (const path of paths)
    if (complete && !files.some((file) => file.path === path))
      report({ at: "files", found: `no ${path}`, allowed: `a list with ${path} in it` });
  return files;
}

/** What a file of JSON says; undefined if it is not known. A missing one is reported. */
export function jsonFile(unit: Value, path: string, report: (finding: Finding) => void): Value | undefined {
  return filesAt(unit, [path], report)[0]?.text.json();
}

/** How a file writes its assignments. */
export type Syntax =
  /** A shell's `KEY=VALUE`, without spaces, quoted or not. */
  | "shell"
  /** sysctl.d(5): spaces beside the `=`, slashes or dots in the key, a `-` before it, and `*` for a part of it. */
  | "sysctl";

/** Every assignment of a text. A key of sysctl.d(5) that stands alone, which takes it out of a `*`, has an empty value. */
export function assignments(text: string, syntax: Syntax): readonly { readonly key: string; readonly value: string }[] {
  const lines = syntax === "shell" ? /^\s*(?:export\s+)?(\w+)=(.*)$/gm : /^[ \t]*-?[ \t]*([^\s#;=-][^\s=]*)[ \t]*(?:=(.*))?$/gm;
  return [...text.matchAll(lines)].map(([, key = "", value = ""]) =>
    syntax === "shell" ? { key, value: value.trim().replace(/^(["'])(.*)\1$/, "$2") } : { key: dotted(key), value: value.trim() },
  );
}

// With a slash as its first separator, a key has slashes and dots the other way round.
function dotted(key: string): string {
  return /^[^./]*\//.test(key) ? key.replaceAll(/[./]/g, (separator) => (separator === "/" ? "." : "/")) : key;
}

/**
 * Demands of a file of assignments that each of `keys` is set, and never to anything but what is allowed; nor is anything that
 * a `*` among the keys stands for.
 */
export function demandAssignments(
  unit: Value,
  path: string,
  keys: Readonly<Record<string, readonly string[]>>,
  report: (finding: Finding) => void,
  syntax: Syntax = "shell",
): void {
  for (const { at, texts } of filesAt(unit, [path], report))
    for (const found of texts.map((text) => assignments(text, syntax)))
      for (const [key, allowed] of Object.entries(keys)) {
        const demand = `${key}=${allowed.join(" or ")}`;
        const covered = new RegExp(`^${key.split("*").map(literal).join("[^.]*")}$`);
        if (!found.some((entry) => entry.key === key)) report({ at, found: `no ${key}`, allowed: demand });
        for (const entry of found.filter((candidate) => candidate.key === key || covered.test(candidate.key)))
          if (!allowed.includes(entry.value))
            report({ at, found: `${entry.key}=${shown(entry.value, ["ACCEPT", "no", "yes", "0", "1", "2"])}`, allowed: demand });
      }
}

// Where the host's version of a program decides, there are several. A list of none is judged as an empty text: no rule passes for
// want of something to judge.
function textsOf(file: Value): readonly string[] | undefined {
  if (file.has("texts")) {
    const texts = file.at("texts").texts();
    return texts?.length === 0 ? [""] : texts;
  }
  const text = file.at("text").text();
  return text === undefined ? undefined : [text];
}
