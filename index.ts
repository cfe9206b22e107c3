/** phiward: the whole program. Reads the stack's configuration and hardens each of its hosts, one concern after the other. */
import * as pulumi from "@pulumi/pulumi";
import { Backup } from "./components/backup/backup";
import { backupSettings } from "./components/backup/backup/settings";
import { Vault } from "./components/backup/vault";
import { vaultSettings } from "./components/backup/vault/settings";
import { requireFirstHostKeys } from "./components/cloud/droplet/firstHostKey";
import { placeHost } from "./components/cloud/droplet/placeHost";
import { Volume } from "./components/cloud/volume";
import { volumeState } from "./components/cloud/volume/settings";
import type { HostConfig } from "./components/config/schema";
import { Accounts } from "./components/containers/accounts";
import { accountsSettings } from "./components/containers/accounts/settings";
import { Docker } from "./components/containers/daemon";
import { dockerSettings } from "./components/containers/daemon/settings";
import { type StackModel, stackModel } from "./components/containers/model";
import { Retire } from "./components/containers/retire";
import { retireSettings } from "./components/containers/retire/settings";
import { Secrets } from "./components/containers/secrets";
import { secretsSettings } from "./components/containers/secrets/settings";
import { servicesSettings } from "./components/containers/services/settings";
import { Certificates } from "./components/edge/certificates";
import { certificatesSettings } from "./components/edge/certificates/settings";
import { Nginx } from "./components/edge/nginx";
import { nginxSettings } from "./components/edge/nginx/settings";
import { Databases, dockerEngine, Services } from "./components/pulumi/containers";
import type { HostPlace } from "./components/pulumi/hostAddress";
import { HostVerify } from "./components/pulumi/hostConcern";
import { loadConfig } from "./components/pulumi/loadConfig";
import { Chain } from "./components/pulumi/sequence";
import { type HostDuties, hostDuties, hostPlans } from "./components/registry";
import { Baseline } from "./components/system/baseline";
import { baselineState } from "./components/system/baseline/settings";
import { Fail2ban } from "./components/system/fail2ban";
import { fail2banState } from "./components/system/fail2ban/settings";
import { People } from "./components/system/people";
import { peopleState } from "./components/system/people/settings";
import { Ssh } from "./components/system/ssh";
import { sshState } from "./components/system/ssh/settings";
import { Ufw } from "./components/system/ufw";
import { ufwState } from "./components/system/ufw/settings";

const config = loadConfig();
const model = stackModel(config);
requireFirstHostKeys(config);
// A backup goes to the vault from its first run on, so vaults come first.
const vaults = config.hosts.filter(({ role }) => role === "vault").map((entry) => harden(model, entry, []));
const applications = config.hosts
  .filter(({ role }) => role === "application")
  .map((entry) =>
    harden(
      model,
      entry,
      vaults.map(({ verify }) => verify),
    ),
  );

/** What operators need of each host: where it is, and the secrets that only the owner's recovery key opens. */
export const hosts = Object.fromEntries([...vaults, ...applications].map(({ name, outputs }) => [name, outputs]));

function harden(stack: StackModel, entry: HostConfig, vaults: readonly pulumi.Resource[]) {
  const { config } = stack;
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
  if (duties.vault) chain.unit((after) => new Vault(`${name}-vault`, { host, state: vaultSettings(stack, name) }, after));

  const secrets = serve(stack, host, chain, duties, vaults);
  const verify = chain.add(
    (after) => new HostVerify(`${name}-verify`, { host, plans: hostPlans(config, name), units: chain.units }, after),
  );
  const escrow = pulumi.all([people.escrow, secrets?.escrow ?? {}]).apply(([one, other]) => ({ ...one, ...other }));
  const { address, hostKey, port, user } = host;
  return { name, verify, outputs: { address, hostKey, port, user, escrow, verified: verify.counts } };
}

/** Containers, their databases and secrets, what the world reaches them by, and their backups; returns the secrets' unit. */
function serve(stack: StackModel, host: HostPlace, chain: Chain, duties: HostDuties, vaults: readonly pulumi.Resource[]) {
  const { name } = host;
  const services = { host, state: servicesSettings(stack) };
  const docker = duties.services
    ? chain.unit((after) => new Docker(`${name}-docker`, { host, state: dockerSettings(stack) }, after))
    : undefined;
  const secrets =
    duties.services || duties.backup
      ? chain.unit((after) => new Secrets(`${name}-secrets`, { host, state: secretsSettings(stack) }, after))
      : undefined;
  const provider = docker === undefined ? undefined : dockerEngine(`${name}-engine`, host, { dependsOn: docker });

  if (provider !== undefined) chain.add((after) => new Databases(`${name}-databases`, services, { ...after, provider }));
  if (duties.databases) chain.unit((after) => new Accounts(`${name}-accounts`, { host, state: accountsSettings(stack) }, after));
  if (provider !== undefined) chain.add((after) => new Services(`${name}-services`, services, { ...after, provider }));
  if (duties.sites) {
    chain.unit((after) => new Certificates(`${name}-certificates`, { host, state: certificatesSettings(stack) }, after));
    chain.unit((after) => new Nginx(`${name}-nginx`, { host, state: nginxSettings(stack) }, after));
  }
  chain.waitFor(vaults);
  if (duties.backup) chain.unit((after) => new Backup(`${name}-backup`, { host, state: backupSettings(stack, name) }, after));
  if (secrets !== undefined) chain.unit((after) => new Retire(`${name}-retire`, { host, state: retireSettings(stack) }, after));
  return secrets;
}
