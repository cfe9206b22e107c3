/** What a rule can demand of the SSH server: of the settings, and of every text that sshd(8) would read. */

import type { Finding } from "../engine/rule";
import { filesWhere, type ShownFile } from "./files";
import { shown, type Value } from "./value";

/** A keyword of sshd_config(5) that must have one value and no other. */
export interface SshdDemand {
  /** The keyword as the settings spell it. */
  readonly setting: string;
  /** The keyword as sshd_config spells it. */
  readonly keyword: string;
  /** An older name that sshd takes for the same keyword. */
  readonly alias?: string;
  readonly allowed: string;
}

const MAIN = "/etc/ssh/sshd_config";
const DROP_INS = "/etc/ssh/sshd_config.d/";
const INCLUDE = `${DROP_INS}*.conf`;
// The host may keep cloud-init's drop-in; sshd keeps the first value of a keyword, so ours must sort before it.
const CLOUD_INIT = `${DROP_INS}50-cloud-init.conf`;
const HARMLESS = [
  "yes",
  "prohibit-password",
  "without-password",
  "forced-commands-only",
  "any",
  "publickey",
  "password",
  "keyboard-interactive",
];

/** Reports where the settings or a rendered text sets a keyword otherwise, does not set it, or gets round it. */
export function demandSshd(unit: Value, demands: readonly SshdDemand[], report: (finding: Finding) => void): void {
  for (const { setting, allowed } of demands) {
    const value = unit.at("settings").at(setting);
    const found = value.text();
    if (found !== undefined && found !== allowed) report({ at: value.path, found: shown(found, HARMLESS), allowed });
  }
  const { files, complete } = filesWhere(unit, (path) => path === MAIN || path.startsWith(DROP_INS));
  for (const file of files) for (const text of file.texts) judgeText(file, settingsIn(text), demands, report);
  if (!complete) return;
  if (!files.some(({ path }) => path === MAIN)) report({ at: "files", found: `no ${MAIN}`, allowed: `a list with ${MAIN} in it` });
  const first = files.filter(({ path }) => path.startsWith(DROP_INS) && path < CLOUD_INIT);
  for (const { keyword, allowed } of demands)
    if (!first.some(({ texts }) => texts.every((text) => settingsIn(text).some((setting) => setting.keyword === keyword.toLowerCase()))))
      report({
        at: "files",
        found: `no file that sorts before ${CLOUD_INIT} and sets ${keyword} in each of its versions`,
        allowed: `${keyword} ${allowed}`,
      });
}

function judgeText(
  { path, at }: ShownFile,
  found: readonly Setting[],
  demands: readonly SshdDemand[],
  report: (finding: Finding) => void,
): void {
  const include = path === MAIN ? found[0] : undefined;
  if (path === MAIN && (include?.keyword !== "include" || include.value !== INCLUDE))
    report({ at, found: "other settings first", allowed: `Include ${INCLUDE} as the first setting` });
  for (const setting of found) {
    if (setting.keyword === "match")
      report({ at, found: "a Match block", allowed: "none: what it sets would apply to some connections only" });
    if (setting.keyword === "include" && setting !== include)
      report({ at, found: "an Include", allowed: `none but Include ${INCLUDE}, first in ${MAIN}` });
    const demand = demands.find(({ keyword, alias }) => [keyword.toLowerCase(), alias?.toLowerCase()].includes(setting.keyword));
    if (demand !== undefined && setting.value !== demand.allowed)
      report({ at, found: `${demand.keyword} ${shown(setting.value, HARMLESS)}`, allowed: `${demand.keyword} ${demand.allowed}` });
  }
}

interface Setting {
  /** In lowercase: sshd ignores case. */
  readonly keyword: string;
  readonly value: string;
}

function settingsIn(text: string): readonly Setting[] {
  return text.split("\n").flatMap((line) => {
    const [, keyword, value = ""] = /^\s*"?([A-Za-z][A-Za-z0-9]*)"?(?:\s*=\s*|\s+|$)(.*)$/.exec(line) ?? [];
    return keyword === undefined ? [] : [{ keyword: keyword.toLowerCase(), value: value.trim().replace(/^"(.*)"$/, "$1") }];
  });
}
