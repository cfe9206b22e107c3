/** Files of `[section]` and `key = value` as fail2ban reads them (jail.conf(5)). */

/** One value, with the section it stands in. */
export interface IniEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** All values, first to last. A line that begins with white space goes on with the value before it. */
export function iniEntries(text: string): readonly IniEntry[] {
  const entries: { section: string; key: string; value: string }[] = [];
  let section = "";
  for (const line of text.split("\n")) {
    const last = entries.at(-1);
    if (/^\s*[#;]/.test(line) || line.trim() === "") continue;
    if (/^\s/.test(line) && last !== undefined) last.value = `${last.value} ${line.trim()}`.trim();
    else {
      const name = /^\[([^\]]*)\]/.exec(line)?.[1];
      const [, key, value = ""] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      if (name !== undefined) section = name;
      else if (key !== undefined) entries.push({ section, key: key.toLowerCase(), value: value.trim() });
    }
  }
  return entries;
}
