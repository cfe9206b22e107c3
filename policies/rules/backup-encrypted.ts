import type { Finding, Rule } from "../engine/rule";
import { filesAt, filesWhere, jsonFile } from "../readers/files";
import type { Value } from "../readers/value";

const KEPT = /^\/var\/lib\/phiward\/secrets\/[a-z0-9-]+\.[1-9]\d*$/;
const HOST_KEY = /^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$/;
const VAULT_KEY = "/etc/phiward/vault-host-key";

/** A backup is of use to nobody without its password. */
export const backupEncrypted: Rule = {
  id: "backup-encrypted",
  description: "Backups are encrypted with a password that is created and stored on the host, and are sent only to the pinned vault.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["BKP-02", "SSH-14"],
  remedy: "let the secrets create the password, and give the vault's host key",
  notWaivable: "patients' data would leave the host readable",
  appliesTo: ["phiward:host:Backup"],
  judge(unit, report) {
    const settings = unit.at("settings");
    const rendered = jsonFile(unit, "/etc/phiward/backup.json", report);
    for (const place of [settings, ...(rendered === undefined ? [] : [rendered])]) judgePassword(place.at("passwordFile"), report);
    if (settings.has("offsite")) judgeVault(unit, settings.at("offsite").at("hostKey"), report);
    const { files } = filesWhere(unit, (path) => /^\/(etc\/systemd\/system|usr\/local\/lib\/phiward)\/.*backup.*$/.test(path));
    for (const { at, texts } of files)
      if (texts.some((text) => /--insecure-no-password|RESTIC_PASSWORD=|--password-command/.test(text)))
        report({ at, found: "an option that bypasses the stored password", allowed: "--password-file" });
  },
};

function judgePassword(file: Value, report: (finding: Finding) => void): void {
  const path = file.text();
  if (path !== undefined && !KEPT.test(path))
    report({ at: file.path, found: "a path that is not a stored secret's", allowed: "/var/lib/phiward/secrets/NAME.EPOCH" });
}

function judgeVault(unit: Value, hostKey: Value, report: (finding: Finding) => void): void {
  const key = hostKey.text();
  if (key !== undefined && !HOST_KEY.test(key))
    report({ at: hostKey.path, found: "not a complete Ed25519 key", allowed: "ssh-ed25519 and the base64 of the key" });
  for (const { at, texts } of filesAt(unit, [VAULT_KEY], report))
    if (key !== undefined && !texts.every((text) => text === `vault ${key}\n`))
      report({ at, found: "a key other than the vault's", allowed: "the word vault and its pinned key" });
}
