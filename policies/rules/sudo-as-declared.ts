import { SHELL_RULE, SUDOERS_LINES } from "../../components/system/people/recording";
import type { Rule } from "../engine/rule";
import { demandClosed, type KnownLine, type Words } from "../readers/closedLines";
import { filesWhere } from "../readers/files";

const MAIN = "/etc/sudoers";
const RULES = "/etc/sudoers.d/phiward";

const mainLines = (recorded: boolean): readonly KnownLine[] => [
  "Defaults env_reset",
  "Defaults use_pty",
  'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
  "Defaults timestamp_timeout={0..5}",
  "Defaults passwd_timeout={1..5}",
  "Defaults logfile=/var/log/sudo.log",
  "Defaults log_subcmds",
  'Defaults env_keep += "TMOUT"',
  "Defaults:deploy !log_subcmds",
  ...(recorded ? SUDOERS_LINES.trimEnd().split("\n") : []),
  "root ALL=(ALL:ALL) ALL",
  "@includedir /etc/sudoers.d",
];

/** Who may be root is whom the stack declares, and what they do by it is on record: nothing else is said to sudo. */
export const sudoAsDeclared: Rule = {
  id: "sudo-as-declared",
  description: "The declared administrators become root by sudo and nobody else does, and what they do is recorded.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-27"],
  remedy: "declare who has sudo under people in the stack's configuration",
  notWaivable: "whoever is missing from the declaration becomes root",
  appliesTo: ["phiward:host:People"],
  judge(unit, report) {
    const people = unit
      .at("settings")
      .at("people")
      .items()
      ?.map((person) => ({ name: person.at("name").text(), sudo: person.at("sudo").flag() }));
    for (const { path, at } of filesWhere(unit, (found) => /^\/etc\/sudoers/.test(found)).files)
      if (![MAIN, RULES].includes(path)) report({ at, found: "another file of sudo", allowed: `${MAIN} and ${RULES}` });
    // A # before `include` or a number is no comment to sudo.
    const comment = /^#(?!include|\d)/;
    const sessions = unit.at("settings").at("sessions").text();
    if (sessions === undefined) return;
    const recorded = sessions !== "off";
    demandClosed(unit, [{ path: MAIN, lines: mainLines(recorded), inOrder: true, comment }], { user: "{user}" }, report);
    if (people === undefined || people.some(({ name, sudo }) => name === undefined || sudo === undefined)) return;
    const admins = people
      .filter(({ sudo }) => sudo)
      .map(({ name }, index): [string, string] => [`administrator ${String(index + 1)}`, name ?? ""]);
    const words: Words = Object.fromEntries(admins);
    const shells = recorded ? SHELL_RULE : "";
    const lines = [
      "deploy ALL=(ALL:ALL) NOPASSWD: ALL",
      ...admins.map(([name]) => `{${name}} ALL=(ALL:ALL) NOPASSWD: ALL${shells}`),
      `breakglass ALL=(ALL:ALL) ALL${shells}`,
    ];
    demandClosed(unit, [{ path: RULES, lines, inOrder: true, comment }], words, report);
  },
};
