import type { HostRule } from "../engine/rule";
import { PINNED_HOST_KEY } from "../readers/hostKey";

const OTHER = "a vault that is another machine";

/** Who becomes root on a host can delete every record that is on it. */
export const journalOffSite: HostRule = {
  id: "journal-off-site",
  description: "Every host with a vault sends its journal there as it is written; the vault is another machine, pinned by its host key.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["LOG-02"],
  remedy: "name a host of the role vault, elsewhere, in backup.offsite",
  judge(host, report) {
    const journals = host.of("phiward:host:Journal");
    for (const backup of host.of("phiward:host:Backup")) {
      const settings = backup.at("settings");
      if (!settings.has("offsite")) continue;
      settings.at("offsite").at("user").text();
      if (journals.length === 0) report({ at: "units", found: "no phiward:host:Journal", allowed: "one, since it has a vault" });
    }
    for (const journal of journals) {
      const vault = journal.at("settings").at("vault");
      const [key, address] = [vault.at("hostKey"), vault.at("address")];
      const [keyText, addressText] = [key.text(), address.text()];
      const own = journal.at("connection");
      if (keyText !== undefined && !PINNED_HOST_KEY.test(keyText))
        report({ at: key.path, found: "not a complete Ed25519 key", allowed: "ssh-ed25519 and the base64 of the key" });
      if (keyText !== undefined && keyText === own.at("hostKey").text())
        report({ at: key.path, found: "the host's own key", allowed: OTHER });
      if (addressText !== undefined && (addressText === own.at("address").text() || LOOPBACK.test(addressText)))
        report({ at: address.path, found: "the host's own address", allowed: OTHER });
    }
  },
};

const LOOPBACK = /^(?:127\.|::1$|localhost$|0\.0\.0\.0$|::$)/;
