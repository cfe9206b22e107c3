/** Where a host of the configuration is: an existing server by its address, a droplet once it is made and has its lasting key. */

import type * as pulumi from "@pulumi/pulumi";
import { dropletArguments } from "../cloud/droplet/settings";
import { hostKeySettings } from "../cloud/hostKey/settings";
import { type Sections, watchedConfig } from "../config/readSections";
import type { HostConfig, StackConfig } from "../config/schema";
import { DEPLOY_USER, SSH_PORT } from "../plan/places";
import { Droplet } from "./droplet/droplet";
import { firstHostKey } from "./droplet/firstHostKey";
import { Host } from "./host";
import { HostKey } from "./hostKey";
import { keptSecret, secretWhere } from "./keptSecret";
import { type ReachableHost } from "./reachableHost";

/** A host that concerns can be applied to. */
export interface MadeHost {
  readonly host: ReachableHost;
  /** What the first unit of the host waits for. */
  readonly before: readonly pulumi.Resource[];
  /** Options of every unit of the host. */
  readonly options: { readonly parent: Host; readonly deletedWith?: pulumi.Resource };
}

const HOSTS: Sections = new Set(["hosts"]);

/** Finds or makes a host. A droplet is dialled with its first key once; from then on only with the one that it made itself.
 * What follows from a section of `secret` is a secret. */
export function placeHost(config: StackConfig, entry: HostConfig, secret: Sections = new Set()): MadeHost {
  const { name } = entry;
  const parent = new Host(name, entry.formerly);
  const read = new Set(["hosts"]);
  const watched = watchedConfig(config, read);
  const place = (address: pulumi.Input<string>, hostKey: pulumi.Input<string>) => ({
    address: secretWhere(address, HOSTS, secret),
    hostKey: secretWhere(hostKey, HOSTS, secret),
  });
  const common = { name, port: SSH_PORT, user: DEPLOY_USER };
  switch (entry.kind) {
    case "existing":
      return { host: { ...common, ...place(entry.address, entry.hostKey) }, before: [], options: { parent } };
    case "droplet": {
      const planned = { ...dropletArguments(watched, entry), privateKey: firstHostKey(entry) };
      const droplet = new Droplet(`${name}-droplet`, planned, keptSecret({ parent }, read, secret));
      const { address, machine } = droplet;
      const settings = hostKeySettings(watched, entry);
      const lasting = new HostKey(
        `${name}-host-key`,
        { host: { ...common, address, hostKey: entry.firstHostKey }, settings, machine: machine.id },
        keptSecret({ parent, dependsOn: droplet, deletedWith: machine }, read, secret),
      );
      return {
        host: { ...common, ...place(address, entry.hostKey ?? lasting.hostKey) },
        before: [droplet, lasting],
        options: { parent, deletedWith: machine },
      };
    }
    default: {
      const never: never = entry;
      return never;
    }
  }
}
