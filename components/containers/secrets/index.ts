import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import type { SecretsSettings } from "./files";
import { secretsPlan } from "./plan";

/** Secrets that are made on the host, and the files by which services are handed them. */
export class Secrets extends HostUnit<SecretsSettings> {
  static readonly __pulumiType = "phiward:host:Secrets";

  constructor(name: string, args: UnitArgs<SecretsSettings>, options: pulumi.ComponentResourceOptions = {}) {
    super(Secrets.__pulumiType, name, args, secretsPlan(args.state), options);
  }
}
