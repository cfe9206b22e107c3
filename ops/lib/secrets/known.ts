/** Every secret that a stack's plans have, on each host: who uses it, how it becomes another one, and where its escrow is; pure. */
import { lastingName } from "../../../components/config/names";
import type { StackConfig } from "../../../components/config/schema";
import { VERSION_KEY } from "../../../components/config/sections/secrets";
import { type ContainersModel, containersModel } from "../../../components/containers/model";
import { loginSecret } from "../../../components/containers/secrets/applicationFiles";
import { BACKUP_SECRET, secretId } from "../../../components/containers/secrets/files";
import { phiMasters } from "../../../components/containers/secrets/phiMaster";
import type { PlanFile } from "../../../components/plan/files";
import type { HostPlan } from "../../../components/plan/hostPlan";
import { hostPlans } from "../../../components/registry";

/** Where the stack's file has the epoch of a secret. */
export type EpochPlace =
  | { readonly section: "recovery" | "phi" }
  | { readonly section: "services"; readonly service: string; readonly secret?: string };

/** How a secret becomes another one. */
export type Rotation =
  | { readonly by: "epoch"; readonly place: EpochPlace }
  /** Whoever brought it makes another one. */
  | { readonly by: "bringing" }
  /** The host makes another one with each certificate. */
  | { readonly by: "renewal" }
  | { readonly by: "nothing"; readonly why: string };

/** Its kind, as the host says it too; the key of versions is on no host. */
export type SecretKind = "password" | "key" | "brought" | "certificate";

/** A secret on a host. */
export interface KnownSecret {
  /** Null for what no host has. */
  readonly host: string | null;
  readonly name: string;
  readonly kind: SecretKind;
  /** How the host calls it: its id, the site, or the files in which it has it. */
  readonly heldAs: readonly string[];
  readonly epoch: number | null;
  /** Services, or concerns of the host. */
  readonly users: readonly string[];
  readonly rotation: Rotation;
  /** Whether the outputs of the stack have it, encrypted to the recovery key. */
  readonly escrowed: boolean;
}

const BACKUPS = "it opens every backup that was made: another one is for a new repository";
const OF_THE_SERVER = "only the database's own server and programs of the host have it";
const NO_SECRET = "it opens nothing: another one has every service with a secret that was brought replaced, once";

/** All of them, first host to last. */
export function knownSecrets(config: StackConfig): readonly KnownSecret[] {
  const containers = containersModel(config);
  const places = epochPlaces(config);
  const onHosts = config.hosts.flatMap(({ name }) => {
    const plans = hostPlans(config, name);
    return [...made(name, plans, places), ...kept(name, plans, places, containers), ...brought(name, plans), ...sites(name, plans, config)];
  });
  return config.secrets.length === 0 ? onHosts : [...onHosts, VERSIONS];
}

const VERSIONS: KnownSecret = {
  ...{ host: null, name: VERSION_KEY, kind: "brought", heldAs: [], epoch: null, users: ["deploys"], escrowed: false },
  rotation: { by: "nothing", why: NO_SECRET },
};

/** Ids of the secrets whose epochs the file has. A database has one for all of its logins. */
function epochPlaces(config: StackConfig): ReadonlyMap<string, EpochPlace> {
  const { services } = config;
  const databases = new Map(services.flatMap((service) => (service.kind === "container" ? [] : [[service.name, service] as const])));
  const places = services.flatMap((service): (readonly [string, EpochPlace])[] => {
    if (service.kind !== "container") return [];
    const own = lastingName(service);
    return [
      ...service.uses.flatMap((name): (readonly [string, EpochPlace])[] => {
        const database = databases.get(name);
        if (database === undefined) return [];
        return [[loginSecret(lastingName(database), own, database.epoch).id, { section: "services", service: name }]];
      }),
      ...service.secrets
        .filter(({ from }) => from === undefined)
        .map(({ name }): readonly [string, EpochPlace] => [
          secretId(own, name),
          { section: "services", service: service.name, secret: name },
        ]),
    ];
  });
  const masters = phiMasters(config).map(({ id }) => [id, { section: "phi" }] as const);
  return new Map([...places, ...masters, ["breakglass-password", { section: "recovery" }]]);
}

function rotationOf(id: string, places: ReadonlyMap<string, EpochPlace>): Rotation {
  const place = places.get(id);
  if (place !== undefined) return { by: "epoch", place };
  return { by: "nothing", why: id === BACKUP_SECRET.id ? BACKUPS : OF_THE_SERVER };
}

function made(host: string, plans: readonly HostPlan[], places: ReadonlyMap<string, EpochPlace>): readonly KnownSecret[] {
  return plans.flatMap(({ unit, made: secrets }) =>
    secrets.map(({ id, epoch }): KnownSecret => {
      const users = [id === "breakglass-password" ? "the console" : unit];
      return { ...{ host, name: id, kind: "key", heldAs: [id], epoch, users, escrowed: true }, rotation: rotationOf(id, places) };
    }),
  );
}

function kept(
  host: string,
  plans: readonly HostPlan[],
  places: ReadonlyMap<string, EpochPlace>,
  { secrets: { files } }: ContainersModel,
): readonly KnownSecret[] {
  return plans.flatMap(({ unit, kept: secrets }) =>
    secrets.map(({ id, epoch, recipients }): KnownSecret => {
      const services = files.flatMap((file) => ("secret" in file && file.secret.id === id ? [file.service] : []));
      const escrowed = recipients.length > 0;
      const users =
        services.length > 0 ? [...new Set(services)] : [id === BACKUP_SECRET.id ? "backup" : unit === "secrets" ? "the host" : unit];
      return {
        ...{ host, name: id, kind: escrowed ? "key" : "password", heldAs: [id], epoch, users, escrowed },
        rotation: rotationOf(id, places),
      };
    }),
  );
}

const OF_SERVICE = /^\/var\/lib\/phiward\/services\/([^/]+)\//;

function brought(host: string, plans: readonly HostPlan[]): readonly KnownSecret[] {
  const uses = plans.flatMap(({ unit, files }) =>
    files.flatMap((file) => namesIn(file).map((name) => ({ name, path: file.path, user: OF_SERVICE.exec(file.path)?.[1] ?? unit, file }))),
  );
  return [...Map.groupBy(uses, ({ name }) => name)].map(([name, own]): KnownSecret => {
    const heldAs = own.filter(({ file }) => file.content.kind === "secret").map(({ path }) => path);
    const users = [...new Set(own.map(({ user }) => user))];
    return { ...{ host, name, kind: "brought", heldAs, epoch: null, users, escrowed: false }, rotation: { by: "bringing" } };
  });
}

function namesIn({ content }: PlanFile): readonly string[] {
  if (content.kind === "secret") return [content.secret];
  return content.kind === "filled" ? content.filled.flatMap((part) => ("secret" in part ? [part.secret] : [])) : [];
}

function sites(host: string, plans: readonly HostPlan[], config: StackConfig): readonly KnownSecret[] {
  if (!plans.some(({ unit }) => unit === "certificates")) return [];
  return config.sites
    .filter(({ certificate }) => certificate.kind !== "provided")
    .map(({ name }): KnownSecret => {
      const known = { host, name, kind: "certificate", heldAs: [name], epoch: null, users: ["nginx"], escrowed: false } as const;
      return { ...known, rotation: { by: "renewal" } };
    });
}
