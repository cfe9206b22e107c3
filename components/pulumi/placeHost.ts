/** Where a host of the configuration is: an existing server by its address, a droplet once it is made and has its lasting key. */

import type * as pulumi from "@pulumi/pulumi";
import { dropletArguments } from "../cloud/droplet/settings";
import { hostKeySettings } from "../cloud/hostKey/settings";
import type { HostConfig, StackConfig } from "../config/schema";
import { DEPLOY_USER, SSH_PORT } from "../plan/places";
import { Droplet } from "./droplet/droplet";
import { firstHostKey } from "./droplet/firstHostKey";
import { HostKey } from "./hostKey";
import { type ReachableHost } from "./reachableHost";

/** A host that concerns can be applied to. */
export interface MadeHost {
  readonly host: ReachableHost;
  /** What the first unit of the host waits for. */
  readonly before: readonly pulumi.Resource[];
  /** Options of every unit of the host. */
  readonly options: Pick<pulumi.ComponentResourceOptions, "deletedWith">;
}

/** Finds or makes a host. A droplet is dialled with its first key once; from then on only with the one that it made itself. */
export function placeHost(config: StackConfig, entry: HostConfig): MadeHost {
  const { name } = entry;
  const common = { name, port: SSH_PORT, user: DEPLOY_USER };
  switch (entry.kind) {
    case "existing":
      return { host: { ...common, address: entry.address, hostKey: entry.hostKey }, before: [], options: {} };
    case "droplet": {
      const droplet = new Droplet(`${name}-droplet`, { ...dropletArguments(config, entry), privateKey: firstHostKey(entry) });
      const { address, machine } = droplet;
      const lasting = new HostKey(
        `${name}-host-key`,
        { host: { ...common, address, hostKey: entry.firstHostKey }, settings: hostKeySettings(config, entry), machine: machine.id },
        { dependsOn: droplet, deletedWith: machine },
      );
      return {
        host: { ...common, address, hostKey: entry.hostKey ?? lasting.hostKey },
        before: [droplet, lasting],
        options: { deletedWith: machine },
      };
    }
    default: {
      const never: never = entry;
      return never;
    }
  }
}
