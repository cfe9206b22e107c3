/** cloud-init's user data of a new droplet: no more than a first connection needs. */
import { DEPLOY_USER } from "../../plan/places";
import type { DropletSettings } from "./settings";

/**
 * User data that gives the droplet its first SSH host key and the deploy account. The key is all that is secret in it; whoever
 * reads the metadata service can read it, so the first unit replaces it.
 */
export function cloudConfig({ firstHostKey, deployKeys }: DropletSettings, privateKey: string): string {
  const config = {
    users: [
      {
        name: DEPLOY_USER,
        shell: "/bin/bash",
        lock_passwd: true,
        sudo: "ALL=(ALL:ALL) NOPASSWD:ALL",
        ssh_authorized_keys: deployKeys,
      },
    ],
    disable_root: true,
    ssh_pwauth: false,
    // Ed25519 alone: the keys that the image came with are deleted, and none of another kind is made.
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: `${privateKey.trimEnd()}\n`, ed25519_public: firstHostKey },
    packages: ["sudo", "python3"],
  };
  // JSON is YAML, and needs no quoting of ours.
  return `#cloud-config\n${JSON.stringify(config)}\n`;
}
