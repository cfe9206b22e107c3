/** The environment of a Compose service: what stays one, what becomes a secret, and which databases it speaks of. */
import { membersOf } from "../../../components/config/unknown";
import { looksSecret, secretWord } from "../../../policies/readers/secretTexts";
import { Apart, allowedName } from "./names";
import { type Notes, shownName } from "./notes";
import { textOf } from "./words";

/** What a service is started with. */
export interface Environment {
  readonly variables: Readonly<Record<string, string>>;
  /** Names of secrets, each with the variable that it stands for. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Databases of the file that its values name, by their names there. */
  readonly uses: ReadonlySet<string>;
}

/** All variables of a service, by name; undefined where the file leaves the value to the shell that starts Compose. */
export function variablesOf(environment: unknown): ReadonlyMap<string, string | undefined> {
  const pairs = Array.isArray(environment)
    ? environment.map((entry: unknown): [string, string | undefined] => {
        const [, name = "", value] = /^([^=]*)(?:=([^]*))?$/.exec(textOf(entry)) ?? [];
        return [name, value];
      })
    : Object.entries(membersOf(environment)).map(([name, value]): [string, string | undefined] => [
        name,
        value === null || value === undefined ? undefined : textOf(value),
      ]);
  return new Map(pairs);
}

/**
 * Sorts the variables of a service. No value of one that is called or looks like a secret goes further: not even into a note.
 * `databases` are the names of the file's databases.
 */
export function environmentOf(
  service: string,
  given: ReadonlyMap<string, string | undefined>,
  databases: readonly string[],
  notes: Notes,
): Environment {
  const variables: Record<string, string> = {};
  const [secrets, uses, apart] = [new Map<string, string>(), new Set<string>(), new Apart()];
  for (const [name, value] of given) {
    const at = `environment.${shownName(name)}`;
    const database = databases.find((entry) => speaksOf(value ?? "", entry));
    if (database !== undefined) uses.add(database);
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) notes.add(service, at, "not taken over: no name of a variable");
    else if (database !== undefined && (value ?? "").includes("://"))
      notes.add(
        service,
        at,
        `not taken over: ${database} has another password here; its address is in the file that ${fileVariable(database)} names; for a program that reads variables alone: secretEnvironment: { ${shownName(name)}: ${allowedName(database, "db")}-url }`,
      );
    else if (isSecret(name, value)) {
      const secret = apart.take(allowedName(name, "secret"));
      secrets.set(secret, name);
    } else if (value === undefined || value === "")
      notes.add(service, at, "found no value; set it in `environment` where the program needs it");
    else if (!/^[^\p{C}\p{Zl}\p{Zp}]{0,1000}$/u.test(value))
      notes.add(service, at, "not taken over: longer than 1000 characters, or of several lines");
    else variables[name] = value;
    if (database !== undefined && variables[name] !== undefined)
      notes.add(
        service,
        at,
        `names the database ${database}: name and login are others here: ${fileVariable(database)} names a file with its address, and databaseParts: true gives its parts`,
      );
  }
  return { variables, secrets, uses };
}

/** The variable that names the file with a database's address. */
function fileVariable(database: string): string {
  return `${allowedName(database, "db").replaceAll("-", "_").toUpperCase()}_URL_FILE`;
}

function isSecret(name: string, value: string | undefined): boolean {
  // A path is none, and the gate wants one behind such a name.
  if (/_FILE$/i.test(name) && (value ?? "").startsWith("/")) return false;
  return secretWord(name) !== undefined || looksSecret(value ?? "") !== undefined || looksSecret(`${name}=${value ?? ""}`) !== undefined;
}

// As a host in an address or alone, with a port or without.
function speaksOf(value: string, database: string): boolean {
  const escaped = database.replaceAll(/[^\w]/g, String.raw`\$&`);
  return new RegExp(String.raw`^${escaped}(:\d+)?$|(?:://|@)${escaped}(?=[:/?,]|$)|\bhost=${escaped}\b`).test(value);
}
