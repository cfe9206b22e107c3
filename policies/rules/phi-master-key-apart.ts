import type { Finding, HostRule } from "../engine/rule";
import type { Value } from "../readers/value";

const MASTER = /^phi-master-\d{1,2}$/;
const SECRETS = "/var/lib/phiward/secrets";
const SERVICES = "/var/lib/phiward/services";

/** Who has data and, beside it, the key that opens it has no use for a lock; and who lost the key has lost the data. */
export const phiMasterKeyApart: HostRule = {
  id: "phi-master-key-apart",
  description:
    "The master key of patients' columns is escrowed to the recovery key alone, read by the database's server alone, and in no backup.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SEC-14"],
  remedy: "compute secrets, people, backups and patients' columns from the same configuration, with recovery.publicKey",
  notWaivable: "a copy of the database could be opened with what lies beside it, or by nobody once the host is lost",
  judge(host, report) {
    const databases = host.of("phiward:host:Phi").flatMap((unit) => unit.at("settings").at("databases").items() ?? []);
    if (databases.length === 0) return;
    const servers = databases.map((database) => database.at("container").text());
    for (const database of databases) for (const key of ["readers", "writers"] as const) judgeRights(database.at(key), report);
    const keys = host.of("phiward:host:People").map((people) => people.at("settings").at("recovery").at("publicKey").text());
    for (const unit of host.of("phiward:host:Secrets")) {
      judgeEscrow(unit.at("settings").at("secrets"), keys, report);
      judgeReaders(unit.at("settings").at("files"), servers, report);
    }
    for (const unit of host.of("phiward:host:Backup"))
      for (const key of ["paths", "secrets"] as const) judgeBackup(unit.at("settings").at(key), report);
  },
};

function judgeRights(names: Value, report: (finding: Finding) => void): void {
  for (const name of names.items() ?? [])
    if (name.text()?.toUpperCase() === "PUBLIC")
      report({ at: name.path, found: "everybody who may log in to the database", allowed: "services by name" });
}

function judgeEscrow(secrets: Value, keys: readonly (string | undefined)[], report: (finding: Finding) => void): void {
  const known = secrets.items();
  const masters = known?.filter((secret) => MASTER.test(secret.at("id").text() ?? ""));
  if (masters?.length === 0 && known?.every((secret) => secret.at("id").text() !== undefined) === true)
    report({ at: secrets.path, found: "no master key of patients' columns", allowed: "one of each epoch, made on the host" });
  for (const master of masters ?? []) {
    const recipients = master.at("recipients");
    const found = recipients.items()?.map((recipient) => recipient.text());
    if (found === undefined || found.includes(undefined) || keys.includes(undefined)) continue;
    if (!keys.every((key) => found.includes(key)))
      report({ at: recipients.path, found: "no recipient with the recovery key", allowed: "recovery.publicKey" });
    if (found.some((recipient) => !keys.includes(recipient)))
      report({ at: recipients.path, found: "a recipient beside the recovery key", allowed: "recovery.publicKey alone" });
  }
}

function judgeReaders(files: Value, servers: readonly (string | undefined)[], report: (finding: Finding) => void): void {
  if (servers.includes(undefined)) return;
  for (const file of files.items() ?? []) {
    if (!file.has("secret") || !MASTER.test(file.at("secret").at("id").text() ?? "")) continue;
    const service = file.at("service");
    const name = service.text();
    if (name !== undefined && !servers.includes(name))
      report({ at: service.path, found: "another service that gets the master key", allowed: "the server of the database" });
  }
}

function judgeBackup(paths: Value, report: (finding: Finding) => void): void {
  for (const path of paths.items() ?? []) {
    const text = path.text()?.replace(/\/+$/, "");
    const holds = text !== undefined && [SECRETS, SERVICES].some((directory) => directory === text || directory.startsWith(`${text}/`));
    const isOne = text !== undefined && /^\/var\/lib\/phiward\/(secrets|services\/[^/]+(\/secrets)?)(\/phi-master-.*)?$/.test(text);
    if (holds || isOne)
      report({
        at: path.path,
        found: "a path with the master key, beside what it opens",
        allowed: "paths without it: it comes back from its escrow",
      });
  }
}
