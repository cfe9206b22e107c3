/** Who may ask a site, or one of its routes. */
import { networkFault } from "../network";
import { checkedText, list } from "./values";

const network = checkedText("a network with its length, such as 203.0.113.7/32 or 2001:db8::/48", networkFault).describe(
  "In prefix notation, no bit set behind the prefix, IPv6 spelled as RFC 5952 asks.",
);

/** The key `allow`. */
export function allow(what: string) {
  return list("a list of networks", network).default([]).describe(what);
}
