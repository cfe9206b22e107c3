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
    const declared = host.of(RETENTION).flatMap((retention) => {
      const settings = retention.at("settings");
      return [...textsOf(settings.at("rules"), "database"), ...(settings.at("kept").items() ?? []).map((name) => name.text())];
    });
    for (const accounts of host.of("phiward:host:Accounts"))
      for (const server of accounts.at("settings").at("databases").items() ?? []) {
        if (server.at("kind").text() !== "postgres") continue;
        const missing = textsOf(server.at("accounts"), "service").filter((name) => name !== undefined && !declared.includes(name));
        if (missing.length > 0)
          report({
            at: server.at("accounts").path,
            found: `${String(new Set(missing).size)} databases of which nothing is said`,
            allowed: "a rule for each, or the reason why it has none",
          });
      }
  },
};

function textsOf(list: Value, key: string): readonly (string | undefined)[] {
  return (list.items() ?? []).map((entry) => entry.at(key).text());
}
