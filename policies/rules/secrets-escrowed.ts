import type { Rule } from "../engine/rule";

const RECIPIENT =
  /^(age1[02-9ac-hj-np-z]{58}|ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}|ssh-rsa AAAAB3NzaC1yc2EA[A-Za-z0-9+/]+={0,2})( .*)?$/;

/** What a backup is opened with must survive the host that made it. */
export const secretsEscrowed: Rule = {
  id: "secrets-escrowed",
  description: "The password of the backups is encrypted to public keys, and no secret is encrypted to anything else.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SEC-14"],
  remedy: "give recovery.publicKey, whose private half is kept off every server",
  appliesTo: ["phiward:host:Secrets"],
  judge(unit, report) {
    const own = keyOf(unit.at("connection").at("hostKey").text());
    for (const secret of unit.at("settings").at("secrets").items() ?? []) {
      const recipients = secret.at("recipients");
      const members = recipients.items();
      if (secret.at("id").text() === "backup" && members?.length === 0)
        report({ at: recipients.path, found: "no recipient", allowed: "the recovery key, and the vault's host key if there is a vault" });
      const seen = new Set([own]);
      for (const recipient of members ?? []) {
        const found = recipient.text();
        const key = keyOf(found);
        if (key !== undefined && seen.has(key))
          report({
            at: recipient.path,
            found: "a server's host key as the recovery key: who has the server opens every backup, and who loses it none",
            allowed: "a key pair of the owner's own, which is on no server",
          });
        seen.add(key);
        if (found !== undefined && !RECIPIENT.test(found))
          report({ at: recipient.path, found: "not a public key", allowed: "an age recipient, or an ssh-ed25519 or ssh-rsa public key" });
      }
    }
  },
};

// Type and base64, without the comment.
function keyOf(text: string | undefined): string | undefined {
  return text?.trim().split(/\s+/).slice(0, 2).join(" ");
}
