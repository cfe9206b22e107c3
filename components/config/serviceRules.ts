/** Rules across `services`, `backup`, `alerts` and `hosts`. They run on invalid values too. */
import { vaultAccount } from "./names";
import { asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { holdsBackups } from "./savedPaths";
import { DATABASE_KIND_NAMES, DATABASE_KINDS, isDatabaseKind } from "./sections/databaseKinds";
import { either } from "./sections/values";
import { lastingNameOf, namesWithin, sharedNames } from "./serviceNames";
import { sharedDatabases, sharedUsers } from "./sharingRules";
import { member } from "./unknown";

// useradd(8).
const LONGEST_ACCOUNT = 32;
// A service's name is that of its networks, volumes, database and role: to Docker, PostgreSQL and Redis these are words for others.
const NOT_OF_A_SERVICE = [
  ...["all", "bridge", "current-role", "current-user", "default", "docker", "gateway", "host", "ingress", "localhost"],
  ...["none", "public", "replication", "root", "session-user", "user"],
];

/** Everything about services and their backups that is allowed separately and not together. */
export function serviceRules(stack: unknown): readonly Disallowed[] {
  const services = each(stack, ["services", "*"]);
  const databases = new Set(
    services.filter(({ value }) => isDatabaseKind(asText(member(value, "kind")))).map(({ value }) => member(value, "name")),
  );
  return [
    ...sharedNames(stack),
    ...services.flatMap((service) => [...twiceWithin(service), ...useFaults(service, databases), ...nameFaults(service)]),
    ...secretIds(stack),
    ...sharedDatabases(stack),
    ...sharedUsers(stack),
    ...hostFaults(stack),
    ...backupFaults(stack),
    ...webhookFaults(stack),
  ];
}

// What stands behind a question mark is a token more often than not, and the file is under version control.
function webhookFaults(stack: unknown): readonly Disallowed[] {
  return each(stack, ["alerts", "webhook"])
    .filter(({ value }) => /[?#]/.test(asText(value) ?? ""))
    .map(({ path }) => ({ path, message: "an address without ? and #: a token goes into /etc/phiward/alert-token on the host" }));
}

function twiceWithin(service: Found): readonly Disallowed[] {
  return [
    ...repeated(inside([service], ["uses", "*"]), "must be unique", asText),
    ...repeated(inside([service], ["secrets", "*", "name"]), "must be unique", asText),
    ...repeated(inside([service], ["volumes", "*", "name"]), "must be unique", asText),
    ...repeated(inside([service], ["volumes", "*", "path"]), "must be unique", asText),
  ];
}

function useFaults(service: Found, databases: ReadonlySet<unknown>): readonly Disallowed[] {
  return inside([service], ["uses", "*"])
    .filter(({ value }) => typeof value === "string" && !databases.has(value))
    .map(({ path }) => ({ path, message: `the name of a service of kind ${either(DATABASE_KIND_NAMES)}` }));
}

function nameFaults(service: Found): readonly Disallowed[] {
  const files = inside([service], ["uses", "*"]).map(({ value }) => `${asText(value) ?? ""}-url`);
  return [
    ...namesWithin(service)
      .filter(({ value }) => NOT_OF_A_SERVICE.includes(asText(value) ?? "") || /^phiward(-|$)/.test(asText(value) ?? ""))
      .map(({ path }) => ({ path, message: `a name other than phiward, phiward-… and ${NOT_OF_A_SERVICE.join(", ")}` })),
    // The name of a service is that of its database and of the role that owns it.
    ...Object.values(DATABASE_KINDS).flatMap(({ title, ownNames }) =>
      namesWithin(service)
        .filter(({ value }) => member(service.value, "kind") === "container" && ownNames.includes(asText(value) ?? ""))
        .map(({ path }) => ({ path, message: `a name other than ${ownNames.join(", ")}: ${title} uses these itself` })),
    ),
    ...inside([service], ["secrets", "*", "name"])
      .filter(({ value }) => files.includes(asText(value) ?? ""))
      .map(({ path }) => ({ path, message: "a name other than DATABASE-url for a database that it uses: that secret is created for it" })),
  ];
}

// Names with a hyphen between make the ids of secrets: two of them may make one.
function secretIds(stack: unknown): readonly Disallowed[] {
  const keptBy = new Map(each(stack, ["services", "*"]).map(({ value }) => [member(value, "name"), lastingNameOf(value)]));
  const ids = each(stack, ["services", "*"]).flatMap((service): readonly Found[] => {
    const name = lastingNameOf(service.value);
    const kind = asText(member(service.value, "kind"));
    if (name === undefined) return [];
    if (isDatabaseKind(kind))
      return [...DATABASE_KINDS[kind].secrets, ...DATABASE_KINDS[kind].hostSecrets].map((secret) => ({
        path: [...service.path, "name"],
        value: `${name}-${secret}`,
      }));
    const own = inside([service], ["secrets", "*", "name"]).map(({ path, value }) => ({ path, value: `${name}-${asText(value) ?? ""}` }));
    const used = inside([service], ["uses", "*"]).map(({ path, value }) => ({ path, value: `${keptBy.get(value) ?? ""}-${name}` }));
    return [...used, ...own];
  });
  // Duplicates within one service are already reported.
  const told = new Set(each(stack, ["services", "*"]).flatMap((service) => twiceWithin(service).map(({ path }) => path.join())));
  return repeated(ids, "must be unique together with the name of the service, joined by a hyphen", asText).filter(
    ({ path }) => !told.has(path.join()),
  );
}

function hostFaults(stack: unknown): readonly Disallowed[] {
  const hosts = each(stack, ["hosts", "*"]);
  return hosts.length > 0 && hosts.every(({ value }) => member(value, "role") === "vault")
    ? [{ path: ["hosts"], message: "at least one host of the role application: a vault stores the backups of others" }]
    : [];
}

// It has an account of its name on the vault, and Linux limits the length.
function longHosts(stack: unknown): readonly Disallowed[] {
  const longest = LONGEST_ACCOUNT - vaultAccount("").length;
  return each(stack, ["hosts", "*"])
    .filter(({ value }) => member(value, "role") !== "vault")
    .flatMap((host) => inside([host], ["formerly", "0"]).at(0) ?? inside([host], ["name"]))
    .filter(({ value }) => (asText(value) ?? "").length > longest)
    .map(({ path }) => ({
      path,
      message: `a name of ${String(longest)} characters at most where backups are off-site: the vault has an account of that name`,
    }));
}

// The local repository lies on a droplet's volume, from where it is mounted at its own place.
function pathsOnVolumes(stack: unknown): readonly Disallowed[] {
  const held = each(stack, ["hosts", "*", "volume"]).map(({ value }) => `${asText(member(value, "mount")) ?? "/srv/data"}/phiward`);
  return each(stack, ["backup", "paths", "*"]).flatMap(({ path, value }) => {
    const message = holdsBackups(asText(value) ?? "", held);
    return message === undefined ? [] : [{ path, message }];
  });
}

function backupFaults(stack: unknown): readonly Disallowed[] {
  const [backup, alerts] = [member(stack, "backup"), member(stack, "alerts")];
  const vaults = each(stack, ["hosts", "*"])
    .filter(({ value }) => member(value, "role") === "vault")
    .map(({ value }) => asText(member(value, "name")));
  const offsite = asText(member(backup, "offsite"));
  const heard = member(alerts, "webhook") !== undefined || member(alerts, "mail") !== undefined;
  return [
    ...pathsOnVolumes(stack),
    ...(offsite === undefined ? [] : longHosts(stack)),
    ...(offsite !== undefined && !vaults.includes(offsite)
      ? [{ path: ["backup", "offsite"], message: "the name of a host of the role vault" }]
      : []),
    ...each(stack, ["hosts", "*"])
      .filter(() => offsite === undefined || vaults.includes(offsite))
      .filter(({ value }) => member(value, "role") === "vault" && member(value, "name") !== offsite)
      .map(({ path }) => ({ path: [...path, "role"], message: "application, or vault of a host that backup.offsite names" })),
    ...((backup !== undefined || alerts !== undefined) && !heard
      ? [{ path: ["alerts"], message: "a webhook or mail: failed backups must alert someone" }]
      : []),
  ];
}
