import { DATABASE_KIND_NAMES, DATABASE_KINDS, isDatabaseKind } from "../../components/config/sections/databaseKinds";
import { ENGINES } from "../../components/containers/databases/engines";
import type { Finding, HostRule } from "../engine/rule";
import { unprotected } from "../readers/databases";
import { filesWhere } from "../readers/files";
import type { Value } from "../readers/value";

/** What a host keeps is in its backups, to the last volume. */
export const backupCoversAllData: HostRule = {
  id: "backup-covers-all-data",
  description: "Every volume of a host is in its backups, and every database, unless its engine states why it is not dumped.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["BKP-01", "BKP-12"],
  remedy: "compute the backups' settings from the same configuration as the services",
  judge(host, report) {
    for (const backup of host.of("phiward:host:Backup")) {
      // A file of the plan may be not known yet; then only the settings count.
      const rendered = filesWhere(backup, (path) => path === "/etc/phiward/backup.json").files[0]?.text.json();
      for (const place of [backup.at("settings"), ...(rendered === undefined ? [] : [rendered])])
        judgePlace(place, host.of("phiward:host:Docker"), host.of("phiward:docker:Databases"), report);
    }
  },
};

function judgePlace(backup: Value, engines: readonly Value[], components: readonly Value[], report: (finding: Finding) => void): void {
  const kept = backup
    .at("databases")
    .items()
    ?.map((entry) => ({ service: entry.at("service").text(), names: entry.at("names").texts() }));
  const volumes = backup.at("volumes").texts();
  const servers = engines.map((engine) => engine.at("settings").at("databases").items()?.map(databaseOf));
  const databases = servers.flatMap((known) => known ?? []);
  if (kept === undefined || volumes === undefined || servers.includes(undefined)) return;
  if (kept.some(({ service, names }) => service === undefined || names === undefined) || databases.some(isUnknown)) return;
  for (const { at, kind, container, names } of databases) {
    const engine = isDatabaseKind(kind) ? ENGINES[kind].backup : undefined;
    const found = unprotected(engine);
    if (found !== undefined) report({ at, found, allowed: `${DATABASE_KIND_NAMES.join(", ")}, each dumped or with a reason why not` });
    const dumped = kept.find(({ service }) => service === container)?.names;
    if (isDatabaseKind(kind) && engine?.kind === "dump" && names?.every((name) => dumped?.includes(name)) === false)
      report({
        at: backup.at("databases").path,
        found: `a ${DATABASE_KINDS[kind].title} of which not every database is backed up (${at})`,
        allowed: "every database of every server",
      });
  }
  // A database's own volume is in no backup: it is dumped, or its engine says why not.
  const own = new Set(databases.flatMap(({ volume }) => volume ?? []));
  for (const volume of components.flatMap((component) => component.at("volumes").items() ?? [])) {
    const name = volume.at("name").text();
    if (name !== undefined && !own.has(name) && !volumes.includes(name))
      report({ at: volume.at("name").path, found: "a volume that is not backed up", allowed: "one of the backup's volumes" });
  }
}

function databaseOf(database: Value) {
  const names = database.at("databases").texts();
  return {
    at: database.path,
    kind: database.at("kind").text(),
    container: database.at("container").text(),
    names,
    volume: database.at("volume").text(),
  };
}

function isUnknown({ kind, container, names, volume }: ReturnType<typeof databaseOf>): boolean {
  return [kind, container, names, volume].includes(undefined);
}
