import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { peoplePlan } from "./plan";
import { type PeopleState } from "./settings";

/** Accounts, keys and sudo as exclusive sets, and the break-glass account. */
export class People extends HostUnit<PeopleState> {
  static readonly __pulumiType = "phiward:host:People";

  constructor(name: string, args: UnitArgs<PeopleState>, options: pulumi.ComponentResourceOptions = {}) {
    super(People.__pulumiType, name, args, peoplePlan(args.state), options);
  }
}
