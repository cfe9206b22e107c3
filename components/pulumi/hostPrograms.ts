/** The agent and the programs of a host, before all that needs them. */
import * as pulumi from "@pulumi/pulumi";
import type { HostPlan } from "../plan/hostPlan";
import { programsInstall } from "./agentCommand";
import { outputsUnder } from "./keptSecret";
import type { ReachableHost } from "./reachableHost";

/** What a host's programs take. */
export interface HostProgramsArgs {
  readonly host: ReachableHost;
  /** What is going to be applied there. */
  readonly plans: readonly HostPlan[];
}

/** Brings the programs of this version to a host: what changes when one of them does, with the checks, which are asked again. */
export class HostPrograms extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:host:Programs";

  constructor(name: string, { host, plans }: HostProgramsArgs, options: pulumi.ComponentResourceOptions = {}) {
    super(HostPrograms.__pulumiType, name, { connection: { ...host } }, options);
    programsInstall(`${name}-install`, host, plans, { parent: this });
    // Policies about the whole stack see what is registered here, and nothing of the arguments.
    this.registerOutputs(outputsUnder(options, { connection: { ...host } }));
  }
}
