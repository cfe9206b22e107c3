import type * as pulumi from "@pulumi/pulumi";
import { FirstUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { hostKeyPlan } from "./plan";
import type { HostKeyState } from "./settings";

/** A droplet's lasting host key, which every later connection is pinned to. */
export class HostKey extends FirstUnit<HostKeyState> {
  static readonly __pulumiType = "phiward:host:HostKey";

  constructor(
    name: string,
    args: UnitArgs<HostKeyState> & { readonly machine: pulumi.Input<string> },
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super(HostKey.__pulumiType, name, args, hostKeyPlan(args.state), options);
  }
}
