import type { HostConfig, StackConfig } from "../../config/schema";
import { dropletVolume } from "../droplet/settings";

/** A directory whose content lies on the volume. */
export interface Held {
  /** Its place on the volume, below the mount. */
  readonly on: string;
  /** Its place on the host. */
  readonly path: string;
}

/** The volume of a droplet as its host mounts it. */
export interface VolumeSettings {
  /** Where udev shows it; DigitalOcean names its devices after the volume. */
  readonly device: string;
  readonly filesystem: "ext4";
  readonly mount: string;
  readonly held: readonly Held[];
}

// What a host keeps that must outlive it, by what the host is for.
const HELD: Readonly<Record<HostConfig["role"], readonly string[]>> = {
  application: ["/var/lib/docker", "/var/backups/phiward"],
  vault: ["/srv/vault"],
};

/** Undefined where the host has no volume. */
export function volumeSettings(config: StackConfig, host: string): VolumeSettings | undefined {
  const droplet = config.hosts.find(({ name }) => name === host);
  const volume = droplet?.kind === "droplet" ? dropletVolume(droplet) : undefined;
  if (droplet === undefined || volume === undefined) return undefined;
  return {
    device: `/dev/disk/by-id/scsi-0DO_Volume_${volume.name}`,
    filesystem: volume.filesystem,
    mount: volume.mount,
    held: HELD[droplet.role].map((path) => ({ on: `${volume.mount}/${path.split("/").at(-1) ?? ""}`, path })),
  };
}
