/** The services as Pulumi resources: the only file that knows @pulumi/docker. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type ContainerArguments, databaseResources, serviceResources } from "../containers/services/containers";
import type { ServicesState } from "../containers/services/model";
import { pinnedHostKey } from "../plan/ssh";
import type { HostPlace } from "./hostAddress";

/** What both components take. */
export interface ServicesArgs {
  readonly host: HostPlace;
  readonly state: ServicesState;
}

/** The Docker of a host, reached over SSH with the host's pinned key. It must depend on the unit that installs it. */
export function dockerEngine(name: string, host: HostPlace, options: pulumi.ResourceOptions = {}): docker.Provider {
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

/** What is there before accounts can be made: networks, volumes, and the databases, healthy. Takes the provider in its options. */
export class Databases extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:docker:Databases";

  constructor(name: string, args: ServicesArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { networks, volumes, containers } = databaseResources(args.state);
    const judged = { connection: { ...args.host }, networks, volumes, containers };
    super(Databases.__pulumiType, name, judged, options);
    const needed = [
      ...networks.map((network) => new docker.Network(`${name}-${network.name}`, unfrozen(network), { parent: this })),
      // Data outlives whoever takes a service out of the configuration by mistake, and Pulumi's hold on it.
      ...volumes.map(
        (volume) => new docker.Volume(`${name}-${volume.name}`, unfrozen(volume), { parent: this, protect: true, retainOnDelete: true }),
      ),
    ];
    for (const container of containers) makeContainer(`${name}-${container.name}`, container, { parent: this, dependsOn: needed });
    this.registerOutputs(judged);
  }
}

/** The services' containers. A changed one is made beside the old one, which goes when the new is healthy and all else is done. */
export class Services extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:docker:Services";

  constructor(name: string, args: ServicesArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { containers } = serviceResources(args.state);
    const judged = { connection: { ...args.host }, containers };
    super(Services.__pulumiType, name, judged, options);
    for (const container of containers) makeContainer(`${name}-${container.name}`, container, { parent: this });
    this.registerOutputs(judged);
  }
}

// Two of one name cannot be: a database is replaced in place, and so is a service that failed to become healthy.
function makeContainer(name: string, container: ContainerArguments, options: pulumi.CustomResourceOptions): docker.Container {
  return new docker.Container(name, unfrozen(container), { ...options, deleteBeforeReplace: true });
}

type Unfrozen<T> = T extends object ? { -readonly [Key in keyof T]: Unfrozen<T[Key]> } : T;

// The SDK's types want lists that could be written to, and nobody writes to them.
function unfrozen<T extends object>(value: T): Unfrozen<T> {
  return value as Unfrozen<T>;
}
