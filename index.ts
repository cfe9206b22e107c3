/** phiward: the whole program. Reads the stack's configuration and hardens each of its hosts, one concern after the other. */
import { Baseline } from "./components/baseline";
import { baselineState } from "./components/baseline/state";
import type { HostConfig, StackConfig } from "./components/config";
import { Fail2ban } from "./components/fail2ban";
import { fail2banState } from "./components/fail2ban/state";
import { DEPLOY_USER, type HostPlace, SSH_PORT } from "./components/host/place";
import { HostVerify } from "./components/host/unit";
import { loadConfig } from "./components/loadConfig";
import { People } from "./components/people";
import { peopleState } from "./components/people/state";
import { hostPlans } from "./components/plans";
import { Ssh } from "./components/ssh";
import { sshState } from "./components/ssh/state";
import { Ufw } from "./components/ufw";
import { ufwState } from "./components/ufw/state";

const config = loadConfig();

/** What operators need of each host: where it is, and the secrets that only the owner's recovery key opens. */
export const hosts = Object.fromEntries(config.hosts.map((host) => [host.name, harden(config, host)]));

function harden(config: StackConfig, { name, address, hostKey }: HostConfig) {
  const host: HostPlace = { name, address, hostKey, port: SSH_PORT, user: DEPLOY_USER };

  const baseline = new Baseline(`${name}-baseline`, { host, state: baselineState(config, name) });
  const people = new People(`${name}-people`, { host, state: peopleState(config) }, { dependsOn: baseline });
  const ssh = new Ssh(`${name}-ssh`, { host, state: sshState(config) }, { dependsOn: people });
  const ufw = new Ufw(`${name}-ufw`, { host, state: ufwState(config) }, { dependsOn: ssh });
  const fail2ban = new Fail2ban(`${name}-fail2ban`, { host, state: fail2banState(config) }, { dependsOn: ufw });

  const units = [baseline, people, ssh, ufw, fail2ban];
  const verify = new HostVerify(`${name}-verify`, { host, plans: hostPlans(config, name), units }, { dependsOn: fail2ban });

  return { address, hostKey, port: host.port, user: host.user, escrow: people.escrow, verified: verify.counts };
}
