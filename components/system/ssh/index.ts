import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { sshPlan } from "./plan";
import { type SshState } from "./settings";

/** The SSH server: public keys only, no root, strong algorithms. */
export class Ssh extends HostUnit<SshState> {
  static readonly __pulumiType = "phiward:host:Ssh";

  constructor(name: string, args: UnitArgs<SshState>, options: pulumi.ComponentResourceOptions = {}) {
    super(Ssh.__pulumiType, name, args, sshPlan(args.state), options);
  }
}
