import type { Rule } from "../engine/rule";
import { filesAt, jsonFile } from "../readers/files";
import { demandUnit, exactly, type UnitDemand } from "../readers/systemd";

const SENDER = "phiward-metrics.service";
const KEY_FILE = "/etc/phiward/metrics-vault-key";

const DEMANDS: readonly UnitDemand[] = [
  exactly("Service", "ExecStart", "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz metrics send"),
  // A vault that is away for a day must not end it.
  exactly("Service", "Restart", "always"),
  exactly("Unit", "StartLimitIntervalSec", "0"),
  exactly("Install", "WantedBy", "multi-user.target"),
];

/** A host that nobody hears of is one whose disk may be full, and whose checks may fail. */
export const metricsSentToOwnVault: Rule = {
  id: "metrics-sent-to-own-vault",
  description: "What sends a host's metrics runs always, from the start of the host, to the vault that is declared and to no other.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["MON-02"],
  remedy: "let the concern metrics write its unit and its files; where it sends to is backup.offsite",
  appliesTo: ["phiward:host:Metrics"],
  judge(unit, report) {
    demandUnit(unit, SENDER, DEMANDS, report);
    // A vault brings its own by no connection.
    if (!unit.at("settings").has("vault")) return;
    const vault = unit.at("settings").at("vault");
    const rendered = jsonFile(unit, "/etc/phiward/metrics.json", report)?.at("vault");
    for (const name of ["address", "user"]) {
      const [declared, found] = [vault.at(name).text(), rendered?.at(name)];
      const text = found?.text();
      if (found !== undefined && declared !== undefined && text !== undefined && text !== declared)
        report({ at: found.path, found: "another one than the vault's", allowed: "what settings.vault says" });
    }
    const known = rendered?.at("knownHosts");
    const knownText = known?.text();
    if (known !== undefined && knownText !== undefined && knownText !== KEY_FILE)
      report({ at: known.path, found: "another file", allowed: KEY_FILE });
    const key = vault.at("hostKey").text();
    for (const { at, texts } of filesAt(unit, [KEY_FILE], report))
      if (key !== undefined && !texts.every((text) => text === `vault ${key}\n`))
        report({ at, found: "another key, or more than one", allowed: "the vault's own host key alone" });
  },
};
