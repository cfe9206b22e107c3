/** People who may read databases: what sudo lets them start for that, and nothing else where they are not administrators. */
import type { PersonConfig } from "../../config/schema";
import { anyOf, literal } from "../../plan/patterns";
import { programCommand } from "../../plan/programs";

/** The databases that a person may read, by the names that they keep. */
export function databasesOf({ databases }: Pick<PersonConfig, "databases">): readonly string[] {
  return Object.keys(databases ?? {});
}

/** Whether a person may read any. */
export function isReader(person: Pick<PersonConfig, "databases">): boolean {
  return databasesOf(person).length > 0;
}

/**
 * The one program, as a regular expression of sudoers(5): a database that is the person's, and the reason, which is the program's to
 * judge. Of a caller's words that are cut at other spaces none is another program.
 */
function readerCommand(person: Pick<PersonConfig, "databases">): string {
  const [program = "", ...words] = programCommand("psql");
  return `${program} ^${words.map(literal).join(" ")} (${databasesOf(person).join("|")}) [ -~]+$`;
}

/**
 * Lines of sudoers(5). Who is no administrator is asked for no password, and has nothing logged by sudo, in lines of any length: neither
 * what is refused nor what is allowed. The program itself puts who, what and why on record; what it shows is recorded.
 */
export function readerLines(people: readonly PersonConfig[], isRecorded: boolean): readonly string[] {
  return people
    .filter(isReader)
    .flatMap((person) => [
      ...(person.sudo ? [] : [`Defaults:${person.name} !authenticate, !log_allowed, !log_denied, !log_subcmds, !logfile, !syslog`]),
      `${person.name} ALL=(root) NOPASSWD: ${isRecorded ? "LOG_OUTPUT: " : ""}${readerCommand(person)}`,
    ]);
}

/** The same rules as cvtsudoers(1) writes them, as a pattern; of people who are no administrators. */
export function readerRules(people: readonly PersonConfig[], isRecorded: boolean): string {
  const options = isRecorded ? '"!authenticate,log_output"' : '"!authenticate"';
  return anyOf(
    people
      .filter((person) => isReader(person) && !person.sudo)
      .map((person) => `${person.name},ALL,root,,${options},${readerCommand(person)}`),
  );
}
