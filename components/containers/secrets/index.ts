import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { secretsPlan } from "./plan";
import type { SecretsState } from "./settings";

/** Secrets that are made on the host, and the files by which services are handed them. */
export class Secrets extends HostUnit<SecretsState> {
  static readonly __pulumiType = "phiward:host:Secrets";

  constructor(name: string, args: UnitArgs<SecretsState>, options: pulumi.ComponentResourceOptions = {}) {
    super(Secrets.__pulumiType, name, args, secretsPlan(args.state), options);
  }
}
