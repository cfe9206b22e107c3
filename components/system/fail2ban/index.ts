import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { fail2banPlan } from "./plan";
import { type Fail2banState } from "./settings";

/** Bans for those who try logins. */
export class Fail2ban extends HostUnit<Fail2banState> {
  static readonly __pulumiType = "phiward:host:Fail2ban";

  constructor(name: string, args: UnitArgs<Fail2banState>, options: pulumi.ComponentResourceOptions = {}) {
    super(Fail2ban.__pulumiType, name, args, fail2banPlan(args.state), options);
  }
}
