import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { dockerPlan } from "./plan";
import type { DockerSettings } from "./settings";

/** The container engine, its images, and what its containers are configured by. */
export class Docker extends HostUnit<DockerSettings> {
  static readonly __pulumiType = "phiward:host:Docker";

  constructor(name: string, args: UnitArgs<DockerSettings>, options: pulumi.ComponentResourceOptions = {}) {
    super(Docker.__pulumiType, name, args, dockerPlan(args.state), options);
  }
}
