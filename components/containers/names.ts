/** Names in Docker and paths on the host that several of the containers' concerns agree on. */

/** What the host keeps for its services, by their names. */
export const SERVICES_DIRECTORY = "/var/lib/phiward/services";

/** Where the configuration of databases lies on the host, by their names. */
export const CONFIGURATION_DIRECTORY = "/etc/phiward/services";

/** Where a database finds its configuration in its container. */
export const CONFIGURATION_IN_CONTAINER = "/etc/phiward";

/** Where a container finds its secrets, one file each. */
export const SECRETS_IN_CONTAINER = "/run/secrets";

/** Name of a service's network without a way to the Internet. */
export function networkName(service: string): string {
  return `phiward-${service}`;
}

/** Name of the network of a service that may reach the Internet: another one, so that a changed `internet` is a network beside the old one. */
export function internetNetworkName(service: string): string {
  return `${networkName(service)}.internet`;
}

/** Name of a service's volume on the host. */
export function volumeName(service: string, volume: string): string {
  // A dot, which no name has in it: no two services can mean the same volume.
  return `phiward-${service}.${volume}`;
}

/** Name of a service's control group: hyphens would make it a child of another's. */
export function sliceName(service: string): string {
  return `phiward-${service.replaceAll("-", "_")}.slice`;
}
