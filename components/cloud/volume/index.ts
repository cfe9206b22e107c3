import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { volumePlan } from "./plan";
import type { VolumeState } from "./settings";

/** The volume of a droplet, mounted where its data belongs. */
export class Volume extends HostUnit<VolumeState> {
  static readonly __pulumiType = "phiward:host:Volume";

  constructor(name: string, args: UnitArgs<VolumeState>, options: pulumi.ComponentResourceOptions = {}) {
    super(Volume.__pulumiType, name, args, volumePlan(args.state), options);
  }
}
