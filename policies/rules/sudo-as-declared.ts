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

// A further character could be one of a regular expression.
const DATABASE = /^[a-z][a-z0-9-]*$/;

// Who may read databases starts one program as root; of who is no administrator sudo logs nothing, which the program does itself.
function readerLines(reader: number, isAdministrator: boolean, recorded: boolean): readonly KnownLine[] {
  const name = `{reader ${String(reader)}}`;
  const command = `/usr/bin/python3 ^-I /usr/local/lib/phiward/phiward\\.pyz psql ({databases ${String(reader)}}) [ -~]+$`;
  return [
    ...(isAdministrator ? [] : [`Defaults:${name} !authenticate, !log_allowed, !log_denied, !log_subcmds, !logfile, !syslog`]),
    `${name} ALL=(root) NOPASSWD: ${recorded ? "LOG_OUTPUT: " : ""}${command}`,
  ];
}

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
      ?.map((person) => ({
        name: person.at("name").text(),
        sudo: person.at("sudo").flag(),
        databases: person.has("databases") ? person.at("databases").keys() : [],
        at: person.path,
      }));
    for (const { path, at } of filesWhere(unit, (found) => /^\/etc\/sudoers/.test(found)).files)
      if (![MAIN, RULES].includes(path)) report({ at, found: "another file of sudo", allowed: `${MAIN} and ${RULES}` });
    // A # before `include` or a number is no comment to sudo.
    const comment = /^#(?!include|\d)/;
    const sessions = unit.at("settings").at("sessions").text();
    if (sessions === undefined) return;
    const recorded = sessions !== "off";
    demandClosed(unit, [{ path: MAIN, lines: mainLines(recorded), inOrder: true, comment }], { user: "{user}" }, report);
    if (people === undefined || people.some((person) => Object.values(person).includes(undefined))) return;
    for (const { at, databases = [] } of people)
      if (!databases.every((name) => DATABASE.test(name)))
        report({ at: `${at}.databases`, found: "a name that sudo reads as more", allowed: "names of databases" });
    const admins = people
      .filter(({ sudo }) => sudo)
      .map(({ name }, index): [string, string] => [`administrator ${String(index + 1)}`, name ?? ""]);
    const readers = people.filter(({ databases = [] }) => databases.length > 0);
    const ofReaders = readers.flatMap(({ name, databases = [] }, index): readonly [string, string][] => [
      [`reader ${String(index + 1)}`, name ?? ""],
      [`databases ${String(index + 1)}`, databases.join("|")],
    ]);
    const words: Words = Object.fromEntries([...admins, ...ofReaders]);
    const shells = recorded ? SHELL_RULE : "";
    const lines = [
      "deploy ALL=(ALL:ALL) NOPASSWD: ALL",
      ...admins.map(([name]) => `{${name}} ALL=(ALL:ALL) NOPASSWD: ALL${shells}`),
      `breakglass ALL=(ALL:ALL) ALL${shells}`,
      ...readers.flatMap(({ sudo }, index) => readerLines(index + 1, sudo === true, recorded)),
    ];
    demandClosed(unit, [{ path: RULES, lines, inOrder: true, comment }], words, report);
  },
};
