import { EXTENSIONS, roleLimits } from "../../components/config/sections/postgresKeys";
import { membersOf } from "../../components/config/unknown";
import type { Rule } from "../engine/rule";
import { demandJson, type Expected, each, picked, whole } from "../readers/expectedJson";
import type { Value } from "../readers/value";

// Said here again, and not read from the plans: what is weakened there is refused here.
const SECRETS = "/var/lib/phiward/secrets";
const REPOSITORY = "/var/backups/phiward/restic";
const CERTIFICATE_METRICS = "/var/lib/prometheus/node-exporter/phiward-certificates.prom";
const FIRST_USERS = ["user default off resetpass resetkeys resetchannels -@all"];
const TRUSTED: ReadonlySet<string> = new Set(EXTENSIONS);
/** The numbers that are containers' own. */
const CONTAINERS = { first: 10_000, last: 29_999 };

const alerts: Expected = (settings) => picked(settings.at("alerts"), ["host", "webhook", "mail"]);

const backup: Expected = (settings) => {
  const hasOffsite = settings.has("offsite");
  const restorePeople = settings.at("restores").at("people").number();
  const offsite = hasOffsite ? picked(settings.at("offsite"), ["address", "port", "user"]) : {};
  const every = hasOffsite ? settings.at("every").text() : "";
  const own = picked(settings, [
    ...["host", "passwordFile", "sealedFile", "databases", "paths", "volumes", "secrets", "keep", "limits", "formerHostKeys"],
    ...(settings.has("caches") ? ["caches"] : []),
  ]);
  if (own === undefined || offsite === undefined || every === undefined || restorePeople === undefined) return undefined;
  return {
    ...own,
    repository: REPOSITORY,
    escrow: "/var/lib/phiward/escrow",
    restorePeople,
    ...(hasOffsite ? { offsite: { ...offsite, knownHosts: "/etc/phiward/vault-host-key" } } : {}),
    ...(every === "hour" ? { offsiteUnit: "phiward-backup-offsite.service" } : {}),
  };
};

const certificates: Expected = (settings) => {
  const places = { directory: "/etc/phiward/tls", server: "nginx.service", metrics: CERTIFICATE_METRICS };
  const common = whole({ ...places, sites: settings.at("sites").plain() });
  if (common === undefined || !settings.has("acme")) return common;
  const awaitsRestore = settings.at("acme").at("awaitsRestore").flag();
  const acme = { directory: "/etc/phiward/acme", webroot: "/var/lib/phiward-acme", awaitsRestore };
  return awaitsRestore === undefined ? undefined : { ...common, acme };
};

const vault: Expected = (settings) =>
  whole({
    hosts: each(settings.at("accounts"), (account) => account.at("host").text()),
    keep: settings.at("keep").plain(),
    limit: settings.at("silenceSeconds").number(),
  });

const rights: Expected = (settings) => {
  const people = each(settings.at("people"), (person) => {
    const [name, sudo, keys] = [person.at("name").text(), person.at("sudo").flag(), person.at("keys").texts()];
    const read = person.has("databases") ? person.at("databases").plain() : {};
    if (name === undefined || sudo === undefined || keys === undefined || read === undefined) return undefined;
    const databases = Object.keys(membersOf(read)).map((database) => `database ${database}`);
    return [
      name,
      [...(sudo ? ["sudo"] : []), ...databases, ...keys.map((key) => `${key.split(" ").slice(0, 2).join(" ")} ${name}`)],
    ] as const;
  });
  return people === undefined ? undefined : Object.fromEntries(people);
};

const containerUsers: Expected = (settings) => {
  const of = (list: string) =>
    each(settings.at("services").at(list), (container) => {
      const [uid, gid] = (container.at("user").text() ?? "").split(":").map(Number);
      const volumes = each(container.at("volumes"), (volume) => volume.at("volume").text());
      return whole({ name: container.at("service").text(), uid, gid, volumes });
    });
  const [databases, services] = [of("databases"), of("services")];
  return databases === undefined || services === undefined ? undefined : { ...CONTAINERS, services: [...databases, ...services] };
};

const accounts: Expected = (settings) => each(settings.at("databases"), accountsOf);

function accountsOf(database: Value): Readonly<Record<string, unknown>> | undefined {
  const kind = database.at("kind").text();
  const users = each(database.at("accounts"), (account) => {
    const [id, epoch] = [account.at("secret").at("id").text(), account.at("secret").at("epoch").number()];
    const login = { service: account.at("service").text(), login: account.at("login").text() };
    const secret = `${SECRETS}/${id ?? ""}.${String(epoch)}`;
    // What of PostgreSQL's own is created there is a word of a closed list, which is judged by itself.
    const extensions = account.has("extensions") ? { extensions: trustedOnly(account.at("extensions").texts()) } : {};
    return id === undefined || epoch === undefined ? undefined : whole({ ...login, secret, ...extensions });
  });
  const people = database.has("people") ? { people: database.at("people").plain() } : {};
  const limits = kind === "postgres" ? limitsOf(database) : {};
  const common = whole({ kind, container: database.at("container").text(), users, ...limits, ...people });
  if (kind !== "redis" || common === undefined) return common;
  const [name, group] = [database.at("database").text(), database.at("user").at("gid").number()];
  if (name === undefined || group === undefined) return undefined;
  const acl = `/var/lib/phiward/services/${name}/acl/users.acl`;
  const profile = database.has("profile") ? database.at("profile").text() : undefined;
  if (database.has("profile") && profile === undefined) return undefined;
  return {
    ...common,
    acl,
    group,
    secret: `${SECRETS}/${name}-redis.1`,
    metrics: `${SECRETS}/${name}-metrics.1`,
    base: FIRST_USERS,
    ...(profile === undefined ? {} : { profile }),
  };
}

function limitsOf(database: Value): Readonly<Record<string, unknown>> {
  const chosen = (key: "maxConnections" | "connectionsPerService" | "lockTimeoutSeconds"): number | undefined =>
    database.has("settings") && database.at("settings").has(key) ? database.at("settings").at(key).number() : undefined;
  const keys = ["maxConnections", "connectionsPerService", "lockTimeoutSeconds"] as const;
  return roleLimits(Object.fromEntries(keys.map((key) => [key, chosen(key)])));
}

// Of others nothing is left, so that the file has what is not expected.
function trustedOnly(extensions: readonly string[] | undefined): readonly string[] | undefined {
  return extensions?.filter((extension) => TRUSTED.has(extension));
}

/** The settings of each unit's programs, by their path. */
const FILES: Readonly<Record<string, Readonly<Record<string, Expected>>>> = {
  "phiward:host:Accounts": { "/etc/phiward/accounts.json": accounts },
  "phiward:host:Backup": { "/etc/phiward/backup.json": backup, "/etc/phiward/alert.json": alerts },
  "phiward:host:Certificates": {
    "/etc/phiward/certificates.json": certificates,
  },
  "phiward:host:Docker": { "/etc/phiward/container-users.json": containerUsers },
  "phiward:host:People": { "/etc/phiward/people.json": rights },
  "phiward:host:Storage": { "/etc/phiward/storage.json": (settings) => picked(settings, ["homes"]) },
  "phiward:host:Vault": { "/etc/phiward/vault.json": vault, "/etc/phiward/alert.json": alerts },
};

/** What the programs of a host do is up to the files that they read, which are only as good as the settings that policies judge. */
export const programSettingsAsDeclared: Rule = {
  id: "program-settings-as-declared",
  description: "What the programs of a host read is what its components declare: backups, alerts, people, accounts and users.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["MON-06"],
  remedy: "change the stack's configuration, and not what a concern writes for its program",
  appliesTo: Object.keys(FILES),
  judge(unit, report) {
    const path = unit.at("rendered").at("unit");
    const name = path.text();
    if (name === undefined) return;
    const files = FILES[`phiward:host:${name.slice(0, 1).toUpperCase()}${name.slice(1)}`];
    if (files === undefined) report({ at: path.path, found: "another unit", allowed: "one whose programs have settings" });
    for (const [file, expected] of Object.entries(files ?? {})) demandJson(unit, file, expected(unit.at("settings")), report);
  },
};
