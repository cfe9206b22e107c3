import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { nginxPlan } from "./plan";
import type { NginxSettings } from "./settings";

/** The web server: the only way in for the world, beside SSH. */
export class Nginx extends HostUnit<NginxSettings> {
  static readonly __pulumiType = "phiward:host:Nginx";

  constructor(name: string, args: UnitArgs<NginxSettings>, options: pulumi.ComponentResourceOptions = {}) {
    super(Nginx.__pulumiType, name, args, nginxPlan(args.state), options);
  }
}
