/** The services as Pulumi resources: the only file that knows @pulumi/docker. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { pinnedHostKey } from "../plan/ssh";
import type { PlannedContainers } from "../registry";
import { outputsUnder } from "./keptSecret";
import type { ReachableHost } from "./reachableHost";

/** What a group of containers takes. */
export interface ContainerGroupArgs {
  readonly host: ReachableHost;
  readonly planned: PlannedContainers;
}

/** The Docker of a host, reached over SSH with the host's pinned key. It must depend on the unit that installs it. */
export function dockerEngine(name: string, host: ReachableHost, options: pulumi.ResourceOptions = {}): docker.Provider {
  const address = pulumi.output(host.address).apply((text) => (text.includes(":") ? `[${text}]` : text));
  const sshOpts = pulumi.output(host.hostKey).apply((key) => {
    const settings = {
      BatchMode: "yes",
      ...pinnedHostKey(key),
      ConnectTimeout: "15",
      ServerAliveInterval: "15",
      LogLevel: "ERROR",
    };
    return ["-F", "none", ...Object.entries(settings).flatMap(([option, value]) => ["-o", `${option}=${value}`])];
  });
  return new docker.Provider(name, { host: pulumi.interpolate`ssh://${host.user}@${address}:${String(host.port)}`, sshOpts }, options);
}

/** A group of containers with the networks and volumes that belong to it. Takes the provider in its options. */
export class ContainerGroup extends pulumi.ComponentResource {
  constructor(name: string, args: ContainerGroupArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { type, resources } = args.planned;
    const { networks = [], volumes = [], containers } = resources;
    const judged = { connection: { ...args.host }, ...resources };
    super(type, name, judged, options);
    const needed = [
      ...networks.map((network) => new docker.Network(`${name}-${network.name}`, unfrozen(network), { parent: this })),
      // Pulumi never deletes data: what becomes of that of a service which is taken out is declared, and the host carries it out.
      ...volumes.map((volume) => new docker.Volume(`${name}-${volume.name}`, unfrozen(volume), { parent: this, retainOnDelete: true })),
    ];
    // A changed container of a service is made beside the old one, which goes when the new is healthy and all else is done. Two of one
    // name cannot be: a database is replaced in place, and so is a service that failed to become healthy.
    for (const container of containers)
      new docker.Container(`${name}-${container.name}`, unfrozen(container), {
        parent: this,
        deleteBeforeReplace: true,
        ...(needed.length === 0 ? {} : { dependsOn: needed }),
      });
    this.registerOutputs(outputsUnder(options, judged));
  }
}

type Unfrozen<T> = T extends object ? { -readonly [Key in keyof T]: Unfrozen<T[Key]> } : T;

// The SDK's types want lists that could be written to, and nobody writes to them.
function unfrozen<T extends object>(value: T): Unfrozen<T> {
  return value as Unfrozen<T>;
}
