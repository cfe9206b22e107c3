import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { vaultPlan } from "./plan";
import type { VaultSettings } from "./settings";

/** The second copy of other hosts' backups, to which they can add and from which they cannot take. */
export class Vault extends HostUnit<VaultSettings> {
  static readonly __pulumiType = "phiward:host:Vault";

  constructor(name: string, args: UnitArgs<VaultSettings>, options: pulumi.ComponentResourceOptions = {}) {
    super(Vault.__pulumiType, name, args, vaultPlan(args.state), options);
  }
}
