/** What sends something of a host to its vault: it runs always, and reaches the vault that is declared, by that one's own key, alone. */
import type { Finding } from "../engine/rule";
import { filesAt, jsonFile } from "./files";
import { demandUnit, exactly } from "./systemd";
import type { Value } from "./value";

/** A sender: its unit, the words of its program, its settings and the file of the vault's key. */
export interface VaultSender {
  readonly unit: string;
  readonly program: string;
  readonly settings: string;
  readonly keyFile: string;
}

/** Reports a unit of a sender that may end or not begin. */
export function judgeSender(unit: Value, sender: VaultSender, report: (finding: Finding) => void): void {
  const demands = [
    exactly("Service", "ExecStart", `/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz ${sender.program}`),
    // A vault that is away for a day must not end it.
    exactly("Service", "Restart", "always"),
    exactly("Unit", "StartLimitIntervalSec", "0"),
    exactly("Install", "WantedBy", "multi-user.target"),
  ];
  demandUnit(unit, sender.unit, demands, report);
}

/** Reports settings of a sender, and a file of keys, that are not the declared vault's. */
export function judgeVault(unit: Value, sender: VaultSender, report: (finding: Finding) => void): void {
  const vault = unit.at("settings").at("vault");
  const rendered = jsonFile(unit, sender.settings, report)?.at("vault");
  for (const name of ["address", "user"]) {
    const [declared, found] = [vault.at(name).text(), rendered?.at(name)];
    const text = found?.text();
    if (found !== undefined && declared !== undefined && text !== undefined && text !== declared)
      report({ at: found.path, found: "another one than the vault's", allowed: "what settings.vault says" });
  }
  const known = rendered?.at("knownHosts");
  const knownText = known?.text();
  if (known !== undefined && knownText !== undefined && knownText !== sender.keyFile)
    report({ at: known.path, found: "another file", allowed: sender.keyFile });
  const key = vault.at("hostKey").text();
  for (const { at, texts } of filesAt(unit, [sender.keyFile], report))
    if (key !== undefined && !texts.every((text) => text === `vault ${key}\n`))
      report({ at, found: "another key, or more than one", allowed: "the vault's own host key alone" });
}
