import type { HostRule } from "../engine/rule";

/** Who asks to be erased is in a database that nobody can name from memory, and back after the next restore. */
export const subjectsDeclared: HostRule = {
  id: "subjects-declared",
  description: "On a host with a PostgreSQL that services use it is declared where data of a person is.",
  severity: "low",
  enforcementLevel: "advisory",
  controls: ["LOG-05"],
  remedy: "declare the tables with rows of persons under subjects.places, and files in volumes under subjects.files",
  judge(host, report) {
    const servers = host.of("phiward:host:Accounts").flatMap((accounts) => accounts.at("settings").at("databases").items() ?? []);
    const used = servers.filter((server) => {
      const services = (server.at("accounts").items() ?? []).map((account) => account.at("service").text());
      return server.at("kind").text() === "postgres" && services.length > 0 && !services.includes(undefined);
    });
    const lists = host.of("phiward:host:Retention").flatMap((unit) => {
      const settings = unit.at("settings");
      return settings.has("subjects")
        ? [
            settings
              .at("subjects")
              .at("places")
              .items()
              ?.map((place) => place.at("table").text()),
          ]
        : [];
    });
    const [first] = used;
    if (first !== undefined && lists.every((places) => places?.length === 0))
      report({ at: first.at("accounts").path, found: "no place of data of persons", allowed: "each table that has any" });
  },
};
