import type * as pulumi from "@pulumi/pulumi";
import { HostUnit, type UnitArgs } from "../../pulumi/hostConcern";
import { certificatesPlan } from "./plan";
import type { CertificatesSettings } from "./settings";

/** Certificates of the host's sites, made and renewed on it. */
export class Certificates extends HostUnit<CertificatesSettings> {
  static readonly __pulumiType = "phiward:host:Certificates";

  constructor(name: string, args: UnitArgs<CertificatesSettings>, options: pulumi.ComponentResourceOptions = {}) {
    super(Certificates.__pulumiType, name, args, certificatesPlan(args.state), options);
  }
}
