import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { retirePlan } from "./plan";
import type { RetireSettings } from "./settings";

/** The end of secrets and accounts of earlier epochs, when nothing uses them any more. */
export class Retire extends HostUnit<RetireSettings> {
  static readonly __pulumiType = "phiward:host:Retire";

  constructor(name: string, args: UnitArgs<RetireSettings>, options: pulumi.ComponentResourceOptions = {}) {
    super(Retire.__pulumiType, name, args, retirePlan(args.state), options);
  }
}
