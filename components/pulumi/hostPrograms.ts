/** The agent and the programs of a host, before all that needs them. */
import * as pulumi from "@pulumi/pulumi";
import { programsInstall } from "./agentCommand";
import { outputsUnder } from "./keptSecret";
import type { ReachableHost } from "./reachableHost";

/** Brings the programs of this version to a host: what changes when one of them does, with the checks, which are asked again. */
export class HostPrograms extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:host:Programs";

  constructor(name: string, { host }: { readonly host: ReachableHost }, options: pulumi.ComponentResourceOptions = {}) {
    super(HostPrograms.__pulumiType, name, { connection: { ...host } }, options);
    programsInstall(`${name}-install`, host, { parent: this });
    // Policies about the whole stack see what is registered here, and nothing of the arguments.
    this.registerOutputs(outputsUnder(options, { connection: { ...host } }));
  }
}
