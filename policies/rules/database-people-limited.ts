import type { Finding, HostRule } from "../engine/rule";
import type { Value } from "../readers/value";

/** Whoever may read a database can copy all of it, also long after nobody remembers why. */
export const databasePeopleLimited: HostRule = {
  id: "database-people-limited",
  description: "People may read the databases that their entries name and no others, each until a day that is declared.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["PG-06"],
  remedy: "give each person with databases an `expires`, and take out databases that they need no longer",
  judge(host, report) {
    const people = host.of("phiward:host:People").flatMap((unit) => unit.at("settings").at("people").items() ?? []);
    const readers = people.filter((person) => person.has("databases"));
    for (const person of readers)
      if ((person.at("databases").keys()?.length ?? 0) > 0 && !person.has("expires"))
        report({
          at: person.at("databases").path,
          found: "a person who may read databases without an end",
          allowed: "expires, the last day on which they may",
        });
    const declared = readers.map(rightsOf);
    if (declared.includes(undefined)) return;
    const known = new Set(declared.flatMap((rights) => rights ?? []));
    for (const accounts of host.of("phiward:host:Accounts"))
      for (const server of accounts.at("settings").at("databases").items() ?? [])
        for (const person of server.has("people") ? (server.at("people").items() ?? []) : []) judgePerson(person, known, report);
  },
};

// Undefined where one is not known.
function rightsOf(person: Value): readonly string[] | undefined {
  const name = person.at("name").text();
  const rights = person
    .at("databases")
    .keys()
    ?.map((database) => [person.at("databases").at(database).text(), database] as const);
  if (name === undefined || rights === undefined || rights.some(([right]) => right === undefined)) return undefined;
  return rights.map(([right, database]) => `${name} ${String(right)} ${database}`);
}

function judgePerson(person: Value, known: ReadonlySet<string>, report: (finding: Finding) => void): void {
  const name = person.at("name").text();
  for (const [key, right] of [
    ["databases", "readonly"],
    ["audits", "auditor"],
  ] as const)
    for (const database of person.has(key) ? (person.at(key).items() ?? []) : []) {
      const text = database.text();
      if (name !== undefined && text !== undefined && !known.has(`${name} ${right} ${text}`))
        report({ at: database.path, found: "a database that the person's entry does not have so", allowed: "those of people[].databases" });
    }
}
