/** Names and ports that rules across sections and several concerns share. */

/** The account on the vault that the host `host` sends its backups to. */
export function vaultAccount(host: string): string {
  return `vault-${host}`;
}

/** The jails of the sites: failed logins, requests for what does not exist, and more requests than the limits allow. */
export const WEB_JAILS = ["nginx-login", "nginx-scanner", "nginx-limits"] as const;

/** Name of a jail of the sites. */
export type WebJailName = (typeof WEB_JAILS)[number];

/** Ports of HTTP, which only redirects, and HTTPS. */
export const HTTP_PORTS = { plain: 80, tls: 443 } as const;
