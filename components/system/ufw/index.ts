import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { ufwPlan } from "./plan";
import { type UfwState } from "./settings";

/** The host firewall, and what Docker lets through it. */
export class Ufw extends HostUnit<UfwState> {
  static readonly __pulumiType = "phiward:host:Ufw";

  constructor(name: string, args: UnitArgs<UfwState>, options: pulumi.ComponentResourceOptions = {}) {
    super(Ufw.__pulumiType, name, args, ufwPlan(args.state), options);
  }
}
