import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { accountsPlan } from "./plan";
import type { AccountsSettings } from "./settings";

/** Accounts of services in the databases, once these are up. */
export class Accounts extends HostUnit<AccountsSettings> {
  static readonly __pulumiType = "phiward:host:Accounts";

  constructor(name: string, args: UnitArgs<AccountsSettings>, options: pulumi.ComponentResourceOptions = {}) {
    super(Accounts.__pulumiType, name, args, accountsPlan(args.state), options);
  }
}
