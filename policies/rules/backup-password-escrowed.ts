import type { HostRule } from "../engine/rule";
import type { Value } from "../readers/value";

/** With the recovery key and a copy of the backups, a lost host can be rebuilt. */
export const backupPasswordEscrowed: HostRule = {
  id: "backup-password-escrowed",
  description: "The password of a host's backups is created on it and encrypted to the owner's recovery key.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SEC-14"],
  remedy: "compute secrets, people and backups from the same configuration, with recovery.publicKey",
  judge(host, report) {
    const keys = host.of("phiward:host:People").map((people) => people.at("settings").at("recovery").at("publicKey").text());
    const secrets = host.of("phiward:host:Secrets").map((unit) => unit.at("settings").at("secrets").items()?.map(secretOf));
    const known = secrets.flatMap((all) => all ?? []);
    if (secrets.includes(undefined) || keys.includes(undefined) || known.some(({ id, epoch }) => id === undefined || epoch === undefined))
      return;
    for (const backup of host.of("phiward:host:Backup")) {
      const file = backup.at("settings").at("passwordFile");
      const path = file.text();
      const secret = known.find(({ id, epoch }) => path === `/var/lib/phiward/secrets/${String(id)}.${String(epoch)}`);
      if (path !== undefined && secret === undefined)
        report({ at: file.path, found: "a password that this host does not create", allowed: "one of its stored secrets" });
      const recipients = secret?.value.at("recipients");
      const members = recipients?.items()?.map((recipient) => recipient.text());
      if (recipients !== undefined && members?.includes(undefined) === false && !keys.some((key) => members.includes(key)))
        report({ at: recipients.path, found: "no recipient with the recovery key", allowed: "recovery.publicKey among the recipients" });
    }
  },
};

function secretOf(value: Value) {
  return { value, id: value.at("id").text(), epoch: value.at("epoch").number() };
}
