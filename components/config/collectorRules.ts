/** Rules of the copy of the record: what a client's certificate has to be, and where the copy may not go. */
import { isCertificate, issuedInOrder, pemBlocks } from "./certificateChain";
import { canonicalAddress } from "./network";
import { asText, type Disallowed, each } from "./paths";
import { member } from "./unknown";

/** Everything about the collector that is allowed separately and not together. */
export function collectorRules(stack: unknown): readonly Disallowed[] {
  return each(stack, ["audit", "collector"]).flatMap(({ value, path }) => [
    ...chainFaults(asText(member(member(value, "clientCertificate"), "chain")), [...path, "clientCertificate", "chain"]),
    ...ownFaults(stack, asText(member(value, "address")), [...path, "address"]),
  ]);
}

function chainFaults(chain: string | undefined, path: Disallowed["path"]): readonly Disallowed[] {
  const blocks = chain === undefined ? [] : pemBlocks(chain);
  if (!blocks.every(isCertificate)) return [{ path, message: "certificates as PEM: one of these cannot be read" }];
  return issuedInOrder(blocks) ? [] : [{ path, message: "each certificate followed by the one that it was issued by" }];
}

// A copy on the machine that it is of is no second place.
function ownFaults(stack: unknown, address: string | undefined, path: Disallowed["path"]): readonly Disallowed[] {
  if (address === undefined) return [];
  const own = each(stack, ["hosts", "*", "address"]).map(({ value }) => canonicalAddress(asText(value) ?? ""));
  return own.includes(canonicalAddress(address)) ? [{ path, message: "the address of a machine other than the hosts of this stack" }] : [];
}
