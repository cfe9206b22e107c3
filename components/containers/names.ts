/** Names in Docker and paths on the host that several of the containers' concerns agree on. */

/** What the host keeps for its services, by their names. */
export const SERVICES_DIRECTORY = "/var/lib/phiward/services";

/** Where the configuration of databases lies on the host, by their names. */
export const CONFIGURATION_DIRECTORY = "/etc/phiward/services";

/** Where a database finds its configuration in its container. */
export const CONFIGURATION_IN_CONTAINER = "/etc/phiward";

/** Where a database finds the certificate that it shows, and what else decides who connects how: a directory of the host's program. */
export const TLS_IN_CONTAINER = `${CONFIGURATION_IN_CONTAINER}/tls`;

/** The directory of the host behind it. */
export function tlsDirectory(database: string): `/${string}` {
  return `${CONFIGURATION_DIRECTORY}/${database}/tls`;
}

/** Where a service that uses databases finds the certificate of the host's own authority, by which it knows them. */
export const AUTHORITY_IN_CONTAINER = "/run/phiward/authority";

/** The file there. */
export const AUTHORITY_FILE = `${AUTHORITY_IN_CONTAINER}/authority.pem`;

/** The directory of the host behind it: each service's own. */
export function authorityDirectory(service: string): `/${string}` {
  return `${SERVICES_DIRECTORY}/${service}/authority`;
}

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
