/** phiward: the whole program. Reads the stack's configuration and hardens each of its hosts, one concern after the other. */
import * as pulumi from "@pulumi/pulumi";
import { Accounts } from "./components/accounts";
import { accountsState } from "./components/accounts/state";
import { Backup } from "./components/backup";
import { backupState } from "./components/backup/state";
import { Baseline } from "./components/baseline";
import { baselineState } from "./components/baseline/state";
import { Certificates } from "./components/certificates";
import { certificatesState } from "./components/certificates/state";
import type { HostConfig, StackConfig } from "./components/config";
import { Docker } from "./components/docker";
import { dockerState } from "./components/docker/state";
import { requireFirstHostKeys } from "./components/droplet/firstHostKey";
import { placeHost } from "./components/droplet/placeHost";
import { Volume } from "./components/droplet/volume";
import { volumeState } from "./components/droplet/volume/state";
import { Fail2ban } from "./components/fail2ban";
import { fail2banState } from "./components/fail2ban/state";
import { Chain } from "./components/host/chain";
import type { HostPlace } from "./components/host/place";
import { HostVerify } from "./components/host/unit";
import { loadConfig } from "./components/loadConfig";
import { Nginx } from "./components/nginx";
import { nginxState } from "./components/nginx/state";
import { People } from "./components/people";
import { peopleState } from "./components/people/state";
import { type HostDuties, hostDuties, hostPlans } from "./components/plans";
import { Retire } from "./components/retire";
import { retireState } from "./components/retire/state";
import { Secrets } from "./components/secrets";
import { secretsState } from "./components/secrets/state";
import { Databases, dockerEngine, Services } from "./components/services";
import { servicesState } from "./components/services/state";
import { Ssh } from "./components/ssh";
import { sshState } from "./components/ssh/state";
import { Ufw } from "./components/ufw";
import { ufwState } from "./components/ufw/state";
import { Vault } from "./components/vault";
import { vaultState } from "./components/vault/state";

const config = loadConfig();
requireFirstHostKeys(config);
// A backup goes to the vault from its first run on, so vaults come first.
const vaults = config.hosts.filter(({ role }) => role === "vault").map((entry) => harden(config, entry, []));
const applications = config.hosts
  .filter(({ role }) => role === "application")
  .map((entry) =>
    harden(
      config,
      entry,
      vaults.map(({ verify }) => verify),
    ),
  );

/** What operators need of each host: where it is, and the secrets that only the owner's recovery key opens. */
export const hosts = Object.fromEntries([...vaults, ...applications].map(({ name, outputs }) => [name, outputs]));

function harden(config: StackConfig, entry: HostConfig, vaults: readonly pulumi.Resource[]) {
  const { name } = entry;
  const { host, options, before } = placeHost(config, entry);
  const chain = new Chain(options, before);
  const volume = volumeState(config, name);
  const duties = hostDuties(config, name);

  chain.unit((after) => new Baseline(`${name}-baseline`, { host, state: baselineState(config, name) }, after));
  const people = chain.unit((after) => new People(`${name}-people`, { host, state: peopleState(config, name) }, after));
  chain.unit((after) => new Ssh(`${name}-ssh`, { host, state: sshState(config) }, after));
  chain.unit((after) => new Ufw(`${name}-ufw`, { host, state: ufwState(config, name) }, after));
  chain.unit((after) => new Fail2ban(`${name}-fail2ban`, { host, state: fail2banState(config, name) }, after));
  if (volume !== undefined) chain.unit((after) => new Volume(`${name}-volume`, { host, state: volume }, after));
  if (duties.vault) chain.unit((after) => new Vault(`${name}-vault`, { host, state: vaultState(config, name) }, after));

  const secrets = serve(config, host, chain, duties, vaults);
  const verify = chain.add(
    (after) => new HostVerify(`${name}-verify`, { host, plans: hostPlans(config, name), units: chain.units }, after),
  );
  const escrow = pulumi.all([people.escrow, secrets?.escrow ?? {}]).apply(([one, other]) => ({ ...one, ...other }));
  const { address, hostKey, port, user } = host;
  return { name, verify, outputs: { address, hostKey, port, user, escrow, verified: verify.counts } };
}

/** Containers, their databases and secrets, what the world reaches them by, and their backups; returns the secrets' unit. */
function serve(config: StackConfig, host: HostPlace, chain: Chain, duties: HostDuties, vaults: readonly pulumi.Resource[]) {
  const { name } = host;
  const services = { host, state: servicesState(config) };
  const docker = duties.services
    ? chain.unit((after) => new Docker(`${name}-docker`, { host, state: dockerState(config) }, after))
    : undefined;
  const secrets =
    duties.services || duties.backup
      ? chain.unit((after) => new Secrets(`${name}-secrets`, { host, state: secretsState(config) }, after))
      : undefined;
  const provider = docker === undefined ? undefined : dockerEngine(`${name}-engine`, host, { dependsOn: docker });

  if (provider !== undefined) chain.add((after) => new Databases(`${name}-databases`, services, { ...after, provider }));
  if (duties.databases) chain.unit((after) => new Accounts(`${name}-accounts`, { host, state: accountsState(config) }, after));
  if (provider !== undefined) chain.add((after) => new Services(`${name}-services`, services, { ...after, provider }));
  if (duties.sites) {
    chain.unit((after) => new Certificates(`${name}-certificates`, { host, state: certificatesState(config) }, after));
    chain.unit((after) => new Nginx(`${name}-nginx`, { host, state: nginxState(config) }, after));
  }
  chain.waitFor(vaults);
  if (duties.backup) chain.unit((after) => new Backup(`${name}-backup`, { host, state: backupState(config, name) }, after));
  if (secrets !== undefined) chain.unit((after) => new Retire(`${name}-retire`, { host, state: retireState(config) }, after));
  return secrets;
}
