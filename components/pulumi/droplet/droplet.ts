/** A droplet and all that belongs to it: its addresses, its storage, and who gets an alert when it fails. */
import * as digitalocean from "@pulumi/digitalocean";
import * as pulumi from "@pulumi/pulumi";
import { cloudConfig } from "../../cloud/droplet/cloudConfig";
import type { DropletArguments, DropletSettings } from "../../cloud/droplet/settings";
import { outputsUnder } from "../keptSecret";
import { dropletAlerts } from "./alerts";
import { dnsRecords } from "./records";

/** A droplet as its host's units need it. */
export class Droplet extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:digitalocean:Droplet";
  /** The machine: `deletedWith` of everything on it. */
  readonly machine: digitalocean.Droplet;
  /** Where SSH answers, once it is the droplet's. */
  readonly address: pulumi.Output<string>;

  /** `privateKey` is the private half of the first SSH host key: it goes to the user data, as a secret, and nowhere else. */
  constructor(
    name: string,
    args: DropletArguments & { readonly privateKey: pulumi.Input<string> },
    options: pulumi.ComponentResourceOptions = {},
  ) {
    const { host, settings } = args;
    const judged: DropletArguments = { host, settings };
    super(Droplet.__pulumiType, name, { ...judged }, options);
    const parent: pulumi.CustomResourceOptions = { parent: this };
    const vpc = new digitalocean.Vpc(`${name}-vpc`, { region: settings.region, ...settings.vpc }, parent);
    this.machine = this.makeMachine(name, settings, vpc, args.privateKey);
    this.attachVolume(name, settings);
    const dropletId = this.machine.id.apply(Number);
    const { inbound, outbound } = settings.firewall;
    const firewall = new digitalocean.Firewall(
      `${name}-firewall`,
      {
        dropletIds: [dropletId],
        inboundRules: inbound.map(({ addresses, ...rule }) => ({ ...rule, sourceAddresses: [...addresses] })),
        outboundRules: outbound.map(({ addresses, ...rule }) => ({ ...rule, destinationAddresses: [...addresses] })),
      },
      parent,
    );
    this.address = settings.reservedAddress ? this.reserveAddress(name, settings.region, dropletId) : this.machine.ipv4Address;
    if (settings.dns !== undefined) dnsRecords(name, settings.dns, { ipv4: this.address, ipv6: this.machine.ipv6Address }, this);
    dropletAlerts(name, settings, this.machine.id, this);
    this.registerOutputs(outputsUnder(options, { ...judged, address: this.address, firewall: firewall.id }));
  }

  private makeMachine(
    name: string,
    settings: DropletSettings,
    vpc: digitalocean.Vpc,
    privateKey: pulumi.Input<string>,
  ): digitalocean.Droplet {
    // Without a key DigitalOcean sets a password for root and mails it. This one logs nobody in: cloud-init closes root, and its
    // private half is the host's own first key. A person's key would be refused where the account has it already.
    const key = new digitalocean.SshKey(`${name}-root-key`, { publicKey: settings.firstHostKey }, { parent: this });
    const { region, size, image, monitoring, ipv6, dropletAgent, backups, backupPolicy } = settings;
    return new digitalocean.Droplet(
      name,
      {
        name: settings.name,
        region,
        size,
        image,
        monitoring,
        ipv6,
        dropletAgent,
        backups,
        backupPolicy,
        tags: [...settings.tags],
        vpcUuid: vpc.id,
        sshKeys: [key.fingerprint],
        userData: pulumi.secret(pulumi.output(privateKey).apply((half) => cloudConfig(settings, half))),
        gracefulShutdown: true,
      },
      // A change of these would recreate the droplet: keys are managed over SSH, and the system is kept up to date by itself.
      { parent: this, protect: true, ignoreChanges: ["sshKeys", "userData", "image"], additionalSecretOutputs: ["userData"] },
    );
  }

  private attachVolume(name: string, { volume, region, tags }: DropletSettings): void {
    if (volume === undefined) return;
    const disk = new digitalocean.Volume(
      `${name}-volume`,
      { name: volume.name, region, size: volume.gigabytes, initialFilesystemType: volume.filesystem, tags: [...tags] },
      { parent: this, protect: true },
    );
    new digitalocean.VolumeAttachment(
      `${name}-volume-attachment`,
      { dropletId: this.machine.id.apply(Number), volumeId: disk.id },
      // A volume is attached to one droplet at a time.
      { parent: this, deleteBeforeReplace: true },
    );
  }

  private reserveAddress(name: string, region: string, dropletId: pulumi.Output<number>): pulumi.Output<string> {
    // Names and other people's rules point to it: it outlives the droplet.
    const { ipAddress } = new digitalocean.ReservedIp(`${name}-address`, { region }, { parent: this, protect: true });
    // Of the assignment, so that nobody dials before it is the droplet's; an old one that went last would take it from the new droplet.
    return new digitalocean.ReservedIpAssignment(
      `${name}-address-assignment`,
      { ipAddress, dropletId },
      { parent: this, deleteBeforeReplace: true },
    ).ipAddress;
  }
}
