import type { HostRule } from "../engine/rule";
import type { Value } from "../readers/value";

const RETENTION = "phiward:host:Retention";

/** Data that nobody decided about stays for ever, and is stolen with the rest. */
export const patientsDataRetentionDeclared: HostRule = {
  id: "patients-data-retention-declared",
  description: "Of each database in PostgreSQL it is declared which rows end and when, or why none does.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["LOG-05"],
  remedy: "declare a rule under retention.rules for each database, or its name with the reason under retention.kept",
  judge(host, report) {
    const declared = host
      .of(RETENTION)
      .flatMap((unit) => [
        textsOf(unit.at("settings").at("rules"), (rule) => rule.at("database")),
        textsOf(unit.at("settings").at("kept"), (name) => name),
      ]);
    const named = declared.flatMap((names) => names ?? []);
    for (const accounts of host.of("phiward:host:Accounts"))
      for (const server of accounts.at("settings").at("databases").items() ?? []) {
        if (server.at("kind").text() !== "postgres") continue;
        const services = textsOf(server.at("accounts"), (account) => account.at("service")) ?? [];
        const missing = new Set(services.filter((name) => !named.includes(name))).size;
        if (missing > 0 && !declared.includes(undefined))
          report({
            at: server.at("accounts").path,
            found: `${String(missing)} databases of which nothing is said`,
            allowed: "a rule for each, or the reason why it has none",
          });
      }
  },
};

// Undefined where one is not known.
function textsOf(list: Value, of: (entry: Value) => Value): readonly string[] | undefined {
  const texts = list.items()?.map((entry) => of(entry).text());
  const known = texts?.filter((text) => text !== undefined);
  return known?.length === texts?.length ? known : undefined;
}
