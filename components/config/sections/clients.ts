/** Who may ask a site, or one of its routes. */
import { DEMANDED_LENGTH, demandedBy } from "../demanded";
import { networkFault } from "../network";
import { checkedText, list } from "./values";

const network = checkedText("a network with its length, such as 203.0.113.7/32 or 2001:db8::/48", networkFault).describe(
  "In prefix notation, no bit set behind the prefix, IPv6 spelled as RFC 5952 asks.",
);

/** The key `allow`. */
export function allow(what: string) {
  return list("a list of networks", network).default([]).describe(what);
}

/** The key `trustedProxies`. */
export const trustedProxies = list("a list of networks", network)
  .default([])
  .describe(
    `Networks of the load balancers and proxies in front of the hosts, which alone are believed when they say by X-Forwarded-For who asks: limits, bans, allow and logs are about that address. The web server refuses whom it bans, since the firewall sees the proxies only. None: whoever connects is who asks.${demandedBy("nginx-proxies-narrow", `/${String(DEMANDED_LENGTH.ipv4)} (IPv4) and /${String(DEMANDED_LENGTH.ipv6)} (IPv6) at the widest`)}`,
  );
