import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { backupPlan } from "./plan";
import type { BackupSettings } from "./settings";

/** Backups, here and off-site, their checks and restore tests, and the alerts when one fails. */
export class Backup extends HostUnit<BackupSettings> {
  static readonly __pulumiType = "phiward:host:Backup";

  constructor(name: string, args: UnitArgs<BackupSettings>, options: pulumi.ComponentResourceOptions = {}) {
    super(Backup.__pulumiType, name, args, backupPlan(args.state), options);
  }
}
