/** The public key that a host encrypts to what only whoever looks into an incident may read. */
import type { Finding } from "../engine/rule";
import type { Value } from "./value";

const RECIPIENT =
  /^(age1[02-9ac-hj-np-z]{58}|ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}|ssh-rsa AAAAB3NzaC1yc2EA[A-Za-z0-9+/]+={0,2})( .*)?$/;
const INCIDENT_KEY = "the incident key's public half, of a key pair that is on no server";

/** Reports a recipient that is no public key, or the key of the host itself, which would open `what`. */
export function judgeIncidentKey(recipient: Value, hostKey: Value, what: string, report: (finding: Finding) => void): void {
  const found = recipient.text();
  if (found === undefined) return;
  if (!RECIPIENT.test(found)) report({ at: recipient.path, found: "not a public key", allowed: INCIDENT_KEY });
  else if (keyOf(found) === keyOf(hostKey.text()))
    report({ at: recipient.path, found: `the host's own key, which opens ${what}`, allowed: INCIDENT_KEY });
}

// Type and base64, without the comment.
function keyOf(text: string | undefined): string | undefined {
  return text?.trim().split(/\s+/).slice(0, 2).join(" ");
}
