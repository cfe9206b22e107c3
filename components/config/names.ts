/** Names and ports that rules across sections and several concerns share. */

interface Named {
  readonly name: string;
  /** Names that it had before, the first one first. */
  readonly formerly: readonly string[];
}

/** The name that a host or a service keeps whatever it is called later: the first that it had. What is stored of it goes by that. */
export function lastingName({ name, formerly }: Named): string {
  return formerly[0] ?? name;
}

/** All names of a host or a service: the present one, then those that it had. */
export function namesOf({ name, formerly }: Named): readonly string[] {
  return [...new Set([name, ...formerly])];
}

/** The name that the service of this or that former name keeps; the name itself where `services` has none of it. */
export function lastingServiceName({ services }: { readonly services: readonly Named[] }, name: string): string {
  const found = services.find((service) => namesOf(service).includes(name));
  return found === undefined ? name : lastingName(found);
}

/** The account on the vault that a host sends its backups to, by the name that the host keeps. */
export function vaultAccount(host: string): string {
  return `vault-${host}`;
}

/**
 * The jails of the sites: failed logins, failed logins that go on, requests that no browser makes, requests for what does not exist,
 * and more requests than the limits allow.
 */
export const WEB_JAILS = ["nginx-login", "nginx-guesser", "nginx-scanner", "nginx-unknown", "nginx-limits"] as const;

/** Where the web server looks for banned addresses: a directory for each jail that it acts for, and in it a file for each address. */
export const BANNED_CLIENTS = "/run/phiward-clients";

/** Name of a jail of the sites. */
export type WebJailName = (typeof WEB_JAILS)[number];

/**
 * Ports of the loopback address by which the web server reaches services, both ends included. Below 32768, from which the kernel
 * takes ports of outgoing connections.
 */
export const SERVICE_PORTS = { first: 20_000, last: 29_999 } as const;

/** How the names of Docker's bridges begin: of its default network, and of all others. */
export const BRIDGES = { byDefault: "docker0", others: "br-" } as const;

/** How the names of those bridges begin whose containers may reach the Internet; Docker's own names go on in hexadecimal digits. */
export const INTERNET_BRIDGES = "br-inet-";

/** The account of the web server's workers, whose numbers are the same on every Debian (base-passwd). */
export const WEB_SERVER = { account: "www-data", uid: 33 } as const;

/** What a host has of certificate authorities: its account, its certificates and the record of orders. In its backups. */
export const ACME_DIRECTORY = "/etc/phiward/acme";

/** Ports of HTTP, which only redirects, and HTTPS. */
export const HTTP_PORTS = { plain: 80, tls: 443 } as const;
