/** Ports of HTTP, which only redirects, and HTTPS. */
export const HTTP_PORTS = { plain: 80, tls: 443 } as const;
