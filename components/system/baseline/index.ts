import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { baselinePlan } from "./plan";
import { type BaselineState } from "./settings";

/** Kernel settings, updates, time, journal and banners: what every host has. */
export class Baseline extends HostUnit<BaselineState> {
  static readonly __pulumiType = "phiward:host:Baseline";

  constructor(name: string, args: UnitArgs<BaselineState>, options: pulumi.ComponentResourceOptions = {}) {
    super(Baseline.__pulumiType, name, args, baselinePlan(args.state), options);
  }
}
