/** The files that a component would write, as a rule looks at them: what is rendered counts as much as the settings. */
import { posix } from "node:path";
import { literal } from "../../components/plan/patterns";
import type { Finding } from "../engine/rule";
import { member, shown, type Value } from "./value";

/** One file of the component's arguments. */
export interface ShownFile {
  readonly path: string;
  /** Where it is in the arguments, and its path. */
  readonly at: string;
  /** Every text it may get: more than one where the host's version of a program decides. */
  readonly texts: readonly string[];
  /** The text as the arguments have it. */
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
    const text = path === undefined ? undefined : member.at("text").text();
    if (path === undefined || text === undefined) complete = false;
    else files.push({ path, at: `${member.path} (${path})`, texts: versions(text), text: member.at("text") });
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

/** Demands of a file of `KEY=VALUE` lines that each of `keys` is set, and never to anything but what is allowed. */
export function demandAssignments(
  unit: Value,
  path: string,
  keys: Readonly<Record<string, readonly string[]>>,
  report: (finding: Finding) => void,
): void {
  for (const { at, texts } of filesAt(unit, [path], report))
    for (const text of texts)
      for (const [key, allowed] of Object.entries(keys)) {
        const values = [...text.matchAll(new RegExp(`^\\s*(?:export\\s+)?${literal(key)}=(.*)$`, "gm"))].map(([, value = ""]) =>
          value.trim().replace(/^(["'])(.*)\1$/, "$2"),
        );
        if (values.length === 0) report({ at, found: `no ${key}`, allowed: `${key}=${allowed.join(" or ")}` });
        for (const value of values)
          if (!allowed.includes(value))
            report({ at, found: `${key}=${shown(value, ["ACCEPT", "no", "yes"])}`, allowed: `${key}=${allowed.join(" or ")}` });
      }
}

// A text that depends on a version is shown as JSON; whatever else begins like it is taken for the text itself.
function versions(text: string): readonly string[] {
  if (!text.startsWith("{")) return [text];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [text];
  }
  const cases = member(parsed, "cases");
  const texts = Array.isArray(cases) ? [...cases.map((entry) => member(entry, "text")), member(parsed, "otherwise")] : [text];
  return texts.every((entry) => typeof entry === "string") ? texts : [text];
}
