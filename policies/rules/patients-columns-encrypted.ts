import type { HostRule } from "../engine/rule";

/** A dump, a volume or a disk that is stolen is read by whoever has it. */
export const patientsColumnsEncrypted: HostRule = {
  id: "patients-columns-encrypted",
  description: "Each service's database in PostgreSQL can have columns that no dump, volume or backup of it opens.",
  severity: "low",
  enforcementLevel: "advisory",
  controls: ["SEC-14"],
  remedy: "name under phi.databases the services whose databases have patients' data, and have these encrypt it by phi.encrypt_phi",
  judge(host, report) {
    const tags = host.of("phiward:digitalocean:Droplet").map((droplet) => droplet.at("settings").at("tags").items() ?? []);
    if (tags.length > 0 && tags.every((own) => own.some((tag) => tag.text() === "data:public"))) return;
    const declared = host.of("phiward:host:Phi").map((unit) => unit.at("settings").at("databases").items());
    const names = declared.flatMap((databases) => (databases ?? []).map((database) => database.at("database").text()));
    if (declared.includes(undefined) || names.includes(undefined)) return;
    for (const accounts of host.of("phiward:host:Accounts"))
      for (const server of accounts.at("settings").at("databases").items() ?? []) {
        const services = (server.at("accounts").items() ?? []).map((account) => account.at("service").text());
        if (server.at("kind").text() !== "postgres" || services.includes(undefined)) continue;
        const missing = new Set(services.filter((name) => !names.includes(name))).size;
        if (missing > 0)
          report({
            at: server.at("accounts").path,
            found: `${String(missing)} databases without patients' columns`,
            allowed: "patients' columns in each that has patients' data",
          });
      }
  },
};
