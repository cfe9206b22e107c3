import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { nginxPlan } from "./plan";
import type { NginxState } from "./settings";

/** The web server: the only way in for the world, beside SSH. */
export class Nginx extends HostUnit<NginxState> {
  static readonly __pulumiType = "phiward:host:Nginx";

  constructor(name: string, args: UnitArgs<NginxState>, options: pulumi.ComponentResourceOptions = {}) {
    super(Nginx.__pulumiType, name, args, nginxPlan(args.state), options);
  }
}
